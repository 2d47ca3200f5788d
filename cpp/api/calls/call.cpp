#include "api/calls/call.h"

#include <algorithm>
#include <string_view>

#include "api/calls/text_argument.h"
#include "api/jobs/job.h"
#include "api/jobs/job_runner.h"

namespace vix::api {

void throw_bad_argument(const std::string& detail) {
    throw Error{VIX_E_INVALID_ARG, detail};
}

void require_no_property_list(Handle property_list) {
    if (property_list != VIX_INVALID_HANDLE) {
        throw_bad_argument("propertyListHandle must be VIX_INVALID_HANDLE");
    }
}

void require_options(int options, int allowed, const char* call) {
    if ((options & ~allowed) == 0) return;
    throw_bad_argument("options " + std::to_string(options) + " contains bits that " + call +
                       " does not know");
}

void require_not_deleted(const VmObject& vm) {
    if (!vm.is_deleted()) return;
    throw Error{VIX_E_VM_NOT_FOUND, vm.machine().name() + " was deleted through its handle"};
}

std::shared_ptr<VmObject> live_vm(Handle handle) {
    auto vm = runtime().handles.get<VmObject>(handle);
    require_not_deleted(*vm);
    return vm;
}

std::shared_ptr<SnapshotObject> live_snapshot(Handle handle) {
    auto snapshot = runtime().handles.get<SnapshotObject>(handle);
    require_not_deleted(*snapshot->vm());
    return snapshot;
}

std::shared_ptr<Object> Call::find(Handle handle, HandleType type) const {
    const auto& objects = job_.input().objects;
    const auto found = std::find_if(objects.begin(), objects.end(),
                                    [&](const auto& known) { return known.first == handle; });
    if (found == objects.end()) HandleTable::throw_dead(handle);
    HandleTable::require_type(handle, *found->second, type);
    return found->second;
}

std::shared_ptr<VmObject> Call::vm(Handle handle) const {
    auto vm = object<VmObject>(handle);
    require_not_deleted(*vm);
    return vm;
}

std::shared_ptr<SnapshotObject> Call::snapshot(Handle handle) const {
    auto snapshot = object<SnapshotObject>(handle);
    require_not_deleted(*snapshot->vm());
    return snapshot;
}

std::shared_ptr<VmObject> Call::vm_and_texts(Handle handle) const {
    auto found = vm(handle);
    require_texts();
    return found;
}

void Call::require_texts() const {
    const CallDescription& call = job_.input().row->description;
    std::string_view names = call.argument_names;
    for (std::size_t i = 0; i < call.argument_count; ++i) {
        const auto end = std::min(names.find(", "), names.size());
        if (call.argument_kinds[i] == ArgumentKind::Text) {
            require_text(job_.input().arguments[i].text, std::string{names.substr(0, end)}.c_str());
        }
        names.remove_prefix(std::min(end + 2, names.size()));
    }
}

const vm::Settings& Call::settings() const {
    return job_.input().settings.get();
}

const power::Settings& Call::power_settings() const {
    return job_.input().power_settings.get();
}

const boost::filesystem::path& Call::working_folder() const {
    return job_.input().working_folder;
}

Progress& Call::progress() const {
    return job_.progress();
}

void Call::give_handle(Handle handle) {
    job_.outcome().handle = handle;
}

void Call::give(std::vector<JobProperty> properties) {
    job_.outcome().items.push_back(std::move(properties));
}

void Call::note(const std::string& text) {
    job_.progress().note(text);
}

void Call::give_found(const std::string& location) {
    give({{VIX_PROPERTY_FOUND_ITEM_LOCATION, location}});
    job_runner().post(job_, VIX_EVENTTYPE_FIND_ITEM, location);
}

}  // namespace vix::api
