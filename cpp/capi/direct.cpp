// The functions of VIX that start no job. Those that do are generated (generate.cpp).
#include <algorithm>
#include <cstdlib>

#include "api/jobs.h"
#include "api/simple.h"
#include "capi/callbacks.h"
#include "capi/error_texts.h"
#include "capi/exports.h"
#include "capi/property_cells.h"

namespace vix::capi {
namespace {

// Gives a result that is a count.
VixError give(const api::CountResult& result, int* place) noexcept {
    if (place != nullptr) *place = result.count;
    return static_cast<VixError>(result.error);
}

// Gives a result that is a handle; one that nobody takes is released.
VixError give(const api::HandleResult& result, VixHandle* place) noexcept {
    if (place != nullptr) {
        *place = result.handle;
    } else {
        api::release_handle(result.handle);
    }
    return static_cast<VixError>(result.error);
}

// Reads properties by a function of the core into the caller's places.
template <class Read>
VixError read_cells(PropertyCells& cells, Read&& read) {
    const int error = read(cells.ids(), cells.count(), cells.values());
    const VixError written = cells.write();
    return error == VIX_OK ? written : static_cast<VixError>(error);
}

// By these words our library is told from VMware's, which nobody may replace.
[[maybe_unused]] __attribute__((used)) const char kMark[] = "libvix of VMware::Vix";

// The end of a function: no exception leaves the library.
template <class Work>
VixError guarded(Work&& work) noexcept {
    try {
        return work();
    } catch (...) {
        return VIX_E_OUT_OF_MEMORY;
    }
}

}  // namespace
}  // namespace vix::capi

using namespace vix;
using capi::PropertyCells;

extern "C" {

const char* Vix_GetErrorText(VixError err, const char*) {
    return capi::error_texts().of(err);
}

void Vix_ReleaseHandle(VixHandle handle) {
    api::release_handle(handle);
}

void Vix_AddRefHandle(VixHandle handle) {
    api::add_ref_handle(handle);
}

VixHandleType Vix_GetHandleType(VixHandle handle) {
    return api::get_handle_type(handle);
}

VixError Vix_GetProperties(VixHandle handle, VixPropertyID firstPropertyID, ...) {
    va_list list;
    va_start(list, firstPropertyID);
    const VixError error = capi::guarded([&] {
        PropertyCells cells{firstPropertyID, list};
        return capi::read_cells(cells, [&](const int* ids, std::size_t count, auto* values) {
            return api::read_properties(handle, ids, count, values);
        });
    });
    va_end(list);
    return error;
}

VixError Vix_GetPropertyType(VixHandle handle, VixPropertyID propertyID,
                             VixPropertyType* propertyType) {
    return capi::give(api::get_property_type(handle, propertyID), propertyType);
}

void Vix_FreeBuffer(void* p) {
    std::free(p);
}

void Vix_PumpEvents(VixHandle hostHandle, VixPumpEventsOptions) {
    const VixHandle host = api::host_of(hostHandle);
    capi::callbacks().pump(host != VIX_INVALID_HANDLE ? host : hostHandle);
}

void VixHost_Disconnect(VixHandle hostHandle) {
    api::host_disconnect(hostHandle);
}

VixError VixPropertyList_AllocPropertyList(VixHandle hostHandle, VixHandle* resultHandle,
                                           int firstPropertyID, ...) {
    va_list list;
    va_start(list, firstPropertyID);
    if (resultHandle != nullptr) *resultHandle = VIX_INVALID_HANDLE;
    const VixError error = capi::guarded([&]() -> VixError {
        if (resultHandle == nullptr) return VIX_E_INVALID_ARG;
        const capi::PropertyInputs inputs{firstPropertyID, list};
        return capi::give(
            api::alloc_property_list_of_any(hostHandle, inputs.data(), inputs.count()),
            resultHandle);
    });
    va_end(list);
    return error;
}

VixError VixVM_GetNumRootSnapshots(VixHandle vmHandle, int* result) {
    return capi::give(api::vm_get_num_root_snapshots(vmHandle), result);
}

VixError VixVM_GetRootSnapshot(VixHandle vmHandle, int index, VixHandle* snapshotHandle) {
    return capi::give(api::vm_get_root_snapshot(vmHandle, index), snapshotHandle);
}

VixError VixVM_GetCurrentSnapshot(VixHandle vmHandle, VixHandle* snapshotHandle) {
    return capi::give(api::vm_get_current_snapshot(vmHandle), snapshotHandle);
}

VixError VixVM_GetNamedSnapshot(VixHandle vmHandle, const char* name, VixHandle* snapshotHandle) {
    return capi::give(api::vm_get_named_snapshot(vmHandle, name == nullptr ? "" : name),
                      snapshotHandle);
}

VixError VixSnapshot_GetNumChildren(VixHandle parentSnapshotHandle, int* numChildSnapshots) {
    return capi::give(api::snapshot_get_num_children(parentSnapshotHandle), numChildSnapshots);
}

VixError VixSnapshot_GetChild(VixHandle parentSnapshotHandle, int index,
                              VixHandle* childSnapshotHandle) {
    return capi::give(api::snapshot_get_child(parentSnapshotHandle, index), childSnapshotHandle);
}

VixError VixSnapshot_GetParent(VixHandle snapshotHandle, VixHandle* parentSnapshotHandle) {
    return capi::give(api::snapshot_get_parent(snapshotHandle), parentSnapshotHandle);
}

VixError VixJob_Wait(VixHandle jobHandle, VixPropertyID firstPropertyID, ...) {
    capi::callbacks().wait_for_end(jobHandle);
    if (firstPropertyID == VIX_PROPERTY_NONE) {
        return static_cast<VixError>(api::job_error(jobHandle));
    }
    va_list list;
    va_start(list, firstPropertyID);
    const VixError error = capi::guarded([&] {
        PropertyCells cells{firstPropertyID, list};
        return capi::read_cells(cells, [&](const int* ids, std::size_t count, auto* values) {
            return api::read_job_result(jobHandle, ids, count, values);
        });
    });
    va_end(list);
    return error;
}

VixError VixJob_CheckCompletion(VixHandle jobHandle, Bool* complete) {
    const api::JobCompletion result = api::job_completion(jobHandle);
    const bool over = result.complete && capi::callbacks().are_over(jobHandle);
    if (complete != nullptr) *complete = over ? TRUE : FALSE;
    return static_cast<VixError>(result.error);
}

VixError VixJob_GetError(VixHandle jobHandle) {
    return static_cast<VixError>(api::job_error(jobHandle));
}

int VixJob_GetNumProperties(VixHandle jobHandle, int resultPropertyID) {
    return api::job_property_count(jobHandle, resultPropertyID);
}

VixError VixJob_GetNthProperties(VixHandle jobHandle, int index, int propertyID, ...) {
    va_list list;
    va_start(list, propertyID);
    const VixError error = capi::guarded([&] {
        PropertyCells cells{propertyID, list};
        return capi::read_cells(cells, [&](const int* ids, std::size_t count, auto* values) {
            auto result = api::job_nth_properties(jobHandle, index, ids, count);
            std::move(result.values.begin(), result.values.end(), values);
            return result.error;
        });
    });
    va_end(list);
    return error;
}

}  // extern "C"
