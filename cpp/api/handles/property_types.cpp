#include "api/handles/property_types.h"

namespace vix::api {

int type_of_property(int id) noexcept {
    switch (id) {
        case VIX_PROPERTY_META_DATA_CONTAINER:
        case VIX_PROPERTY_JOB_RESULT_HANDLE:
            return VIX_PROPERTYTYPE_HANDLE;

        case VIX_PROPERTY_HOST_HOSTTYPE:
        case VIX_PROPERTY_HOST_API_VERSION:
        case VIX_PROPERTY_VM_NUM_VCPUS:
        case VIX_PROPERTY_VM_MEMORY_SIZE:
        case VIX_PROPERTY_VM_POWER_STATE:
        case VIX_PROPERTY_VM_TOOLS_STATE:
        case VIX_PROPERTY_VM_SUPPORTED_FEATURES:
        case VIX_PROPERTY_JOB_RESULT_EXIT_CODE:
        case VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME:
        case VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE:
        case VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT:
        case VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS:
        case VIX_PROPERTY_JOB_RESULT_FILE_FLAGS:
        case VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME:
        case VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE:
        case VIX_PROPERTY_SNAPSHOT_POWERSTATE:
            return VIX_PROPERTYTYPE_INTEGER;

        case VIX_PROPERTY_JOB_RESULT_ERROR_CODE:
        case VIX_PROPERTY_JOB_RESULT_PROCESS_ID:
        case VIX_PROPERTY_JOB_RESULT_FILE_SIZE:
        case VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME:
            return VIX_PROPERTYTYPE_INT64;

        case VIX_PROPERTY_VM_READ_ONLY:
        case VIX_PROPERTY_VM_IN_VMTEAM:
        case VIX_PROPERTY_VM_IS_RUNNING:
        case VIX_PROPERTY_VM_SSL_ERROR:
        case VIX_PROPERTY_VM_IS_RECORDING:
        case VIX_PROPERTY_VM_IS_REPLAYING:
        case VIX_PROPERTY_JOB_RESULT_VM_IN_GROUP:
        case VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS:
        case VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED:
        case VIX_PROPERTY_SNAPSHOT_IS_REPLAYABLE:
            return VIX_PROPERTYTYPE_BOOL;

        case VIX_PROPERTY_HOST_SOFTWARE_VERSION:
        case VIX_PROPERTY_VM_VMX_PATHNAME:
        case VIX_PROPERTY_VM_VMTEAM_PATHNAME:
        case VIX_PROPERTY_VM_NAME:
        case VIX_PROPERTY_VM_GUESTOS:
        case VIX_PROPERTY_VM_SSL_PEER_SHA1_THUMBPRINT:
        case VIX_PROPERTY_JOB_RESULT_USER_MESSAGE:
        case VIX_PROPERTY_JOB_RESULT_COMMAND_OUTPUT:
        case VIX_PROPERTY_JOB_RESULT_ITEM_NAME:
        case VIX_PROPERTY_JOB_RESULT_FOUND_ITEM_DESCRIPTION:
        case VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST:
        case VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER:
        case VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND:
        case VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING:
        case VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO:
        case VIX_PROPERTY_FOUND_ITEM_LOCATION:
        case VIX_PROPERTY_SNAPSHOT_DISPLAYNAME:
        case VIX_PROPERTY_SNAPSHOT_DESCRIPTION:
        case VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH:
        case VIX_PROPERTY_VM_ENCRYPTION_PASSWORD:
            return VIX_PROPERTYTYPE_STRING;

        case VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA:
            return VIX_PROPERTYTYPE_BLOB;

        default:
            return VIX_PROPERTYTYPE_ANY;
    }
}

// VIX gives each kind of handle its own range of identifiers.
bool has_property(HandleType type, int id) noexcept {
    const auto within = [&](int first, int last) { return first <= id && id <= last; };
    if (type_of_property(id) == VIX_PROPERTYTYPE_ANY) return false;
    switch (type) {
        case HandleType::Host:
            return within(50, 99);
        case HandleType::Vm:
            return (within(100, 299) && id != VIX_PROPERTY_VM_SSL_PEER_SHA1_THUMBPRINT) ||
                   id == VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH;
        case HandleType::Job:
            return within(3000, 3999) || id == VIX_PROPERTY_FOUND_ITEM_LOCATION;
        case HandleType::Snapshot:
            return within(4200, 4299);
        default:
            return false;
    }
}

}  // namespace vix::api
