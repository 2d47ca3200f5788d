// Calls to the guest of a running virtual machine. Each checks its arguments, then the machine's
// state, then who logged in through the handle.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "base/error.h"
#include "base/words.h"

namespace vix::api {
namespace {

// The guest as the user who logged in sees it; everything is done as that user.
std::unique_ptr<host::GuestAccess> guest_of(const Call& call, const VmObject& vm) {
    return vm.machine().guest(call, vm.guest_user());
}

// VIX's limit for interpreter and script together, in bytes.
constexpr std::size_t kScriptLimit = 60536;
constexpr std::size_t kGuestNameLimit = 255;

// If the call did not wait for the program, only its process id is known. Appended one by one,
// because GCC 16 takes values copied from a braced list for uninitialized.
void give_run(Call& call, const power::GuestRun& run) {
    const auto if_ended = [&run](std::int64_t value) {
        return run.exit_code ? PropertyValue{value} : PropertyValue{};
    };
    std::vector<JobProperty> properties;
    properties.emplace_back(VIX_PROPERTY_JOB_RESULT_PROCESS_ID, run.pid);
    properties.emplace_back(VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME,
                            if_ended(run.elapsed_s));
    properties.emplace_back(VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE,
                            if_ended(run.exit_code.value_or(0)));
    call.give(std::move(properties));
}

void check_run(int options, Handle property_list, const char* name) {
    require_options(options, VIX_RUNPROGRAM_RETURN_IMMEDIATELY | VIX_RUNPROGRAM_ACTIVATE_WINDOW,
                    name);
    require_no_property_list(property_list);
}

power::Wait wait_for(int options) {
    return (options & VIX_RUNPROGRAM_RETURN_IMMEDIATELY) != 0 ? power::Wait::No
                                                              : power::Wait::UntilItEnds;
}

std::int64_t flags_of(const power::GuestFileInfo& info) {
    return std::int64_t{info.is_folder ? VIX_FILE_ATTRIBUTES_DIRECTORY : 0} |
           (info.is_link ? VIX_FILE_ATTRIBUTES_SYMLINK : 0);
}

void vm_wait_for_tools(Call& call, int handle, int timeout_s) {
    call.vm_and_texts(handle)->machine().wait_for_tools(call, timeout_s);
}

void vm_login(Call& call, int handle, const std::string& user, const std::string& password,
              int options) {
    const auto vm = call.vm_and_texts(handle);
    require_path(user, "userName");
    require_options(options, VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT, "VMLoginInGuest");
    const auto login = options == 0 ? host::Login::Usual : host::Login::AtScreen;
    vm->machine().check_login(call, user, password, login);
    vm->set_guest_user(user);
}

// Without a login there is nothing to do, and that is no error.
void vm_logout(Call& call, int handle) {
    call.vm_and_texts(handle)->set_guest_user({});
}

void vm_run_program(Call& call, int handle, const std::string& program,
                    const std::string& arguments, int options, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_path(program, "guestProgramName");
    check_run(options, property_list, "VMRunProgramInGuest");
    const auto words = split_words(arguments);
    const auto guest = guest_of(call, *vm);
    give_run(call, guest->run_program(program, words, wait_for(options)));
}

void vm_run_script(Call& call, int handle, const std::string& interpreter,
                   const std::string& script, int options, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    if (interpreter.size() + script.size() > kScriptLimit) {
        throw Error{VIX_E_ARGUMENT_TOO_BIG, "interpreter and scriptText have " +
                                                std::to_string(interpreter.size() + script.size()) +
                                                " bytes together, more than " +
                                                std::to_string(kScriptLimit) +
                                                ". Copy the script to the guest and run it there"};
    }
    check_run(options, property_list, "VMRunScriptInGuest");
    const auto words = split_words(interpreter);
    const auto guest = guest_of(call, *vm);
    give_run(call, guest->run_script(words, script, wait_for(options)));
}

std::shared_ptr<VmObject> check_copy(const Call& call, Handle handle, const std::string& from,
                                     const std::string& to, int options, Handle property_list) {
    auto vm = call.vm_and_texts(handle);
    require_path(from, "the path to copy from");
    require_path(to, "the path to copy to");
    require_options(options, 0, "copying files");
    require_no_property_list(property_list);
    return vm;
}

void vm_copy_to_guest(Call& call, int handle, const std::string& host_path,
                      const std::string& guest_path, int options, int property_list) {
    const auto vm = check_copy(call, handle, host_path, guest_path, options, property_list);
    const auto guest = guest_of(call, *vm);
    guest->copy_in(call.resolve(host_path), guest_path);
}

void vm_copy_to_host(Call& call, int handle, const std::string& guest_path,
                     const std::string& host_path, int options, int property_list) {
    const auto vm = check_copy(call, handle, guest_path, host_path, options, property_list);
    const auto guest = guest_of(call, *vm);
    guest->copy_out(guest_path, call.resolve(host_path));
}

std::shared_ptr<VmObject> check_path(const Call& call, Handle handle, const std::string& path,
                                     const char* name) {
    auto vm = call.vm_and_texts(handle);
    require_path(path, name);
    return vm;
}

void vm_delete_file(Call& call, int handle, const std::string& path) {
    const auto vm = check_path(call, handle, path, "guestPathName");
    const auto guest = guest_of(call, *vm);
    guest->remove_file(path);
}

void vm_file_exists(Call& call, int handle, const std::string& path) {
    const auto vm = check_path(call, handle, path, "guestPathName");
    const auto guest = guest_of(call, *vm);
    call.give({{VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS, guest->file_exists(path)}});
}

void vm_directory_exists(Call& call, int handle, const std::string& path) {
    const auto vm = check_path(call, handle, path, "pathName");
    const auto guest = guest_of(call, *vm);
    call.give({{VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS, guest->folder_exists(path)}});
}

void vm_file_info(Call& call, int handle, const std::string& path) {
    const auto vm = check_path(call, handle, path, "pathName");
    const auto guest = guest_of(call, *vm);
    const auto info = guest->info(path);
    call.give({{VIX_PROPERTY_JOB_RESULT_FILE_SIZE, info.size},
               {VIX_PROPERTY_JOB_RESULT_FILE_FLAGS, flags_of(info)},
               {VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, info.modified}});
}

void vm_list_directory(Call& call, int handle, const std::string& path, int options) {
    const auto vm = check_path(call, handle, path, "pathName");
    require_options(options, 0, "VMListDirectoryInGuest");
    const auto guest = guest_of(call, *vm);
    for (const auto& info : guest->list(path)) {
        call.give({{VIX_PROPERTY_JOB_RESULT_ITEM_NAME, info.name},
                   {VIX_PROPERTY_JOB_RESULT_FILE_SIZE, info.size},
                   {VIX_PROPERTY_JOB_RESULT_FILE_FLAGS, flags_of(info)},
                   {VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, info.modified}});
    }
}

void vm_delete_directory(Call& call, int handle, const std::string& path, int options) {
    const auto vm = check_path(call, handle, path, "pathName");
    require_options(options, 0, "VMDeleteDirectoryInGuest");
    const auto guest = guest_of(call, *vm);
    guest->remove_folder(path);
}

void vm_rename_file(Call& call, int handle, const std::string& old_name,
                    const std::string& new_name, int options, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_path(old_name, "oldName");
    require_path(new_name, "newName");
    if (old_name.size() > kGuestNameLimit || new_name.size() > kGuestNameLimit) {
        throw Error{VIX_E_FILE_NAME_TOO_LONG, "oldName or newName has more than 255 bytes"};
    }
    require_options(options, 0, "VMRenameFileInGuest");
    require_no_property_list(property_list);
    const auto guest = guest_of(call, *vm);
    guest->rename(old_name, new_name);
}

void vm_create_temp_file(Call& call, int handle, int options, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, 0, "VMCreateTempFileInGuest");
    require_no_property_list(property_list);
    const auto guest = guest_of(call, *vm);
    call.give({{VIX_PROPERTY_JOB_RESULT_ITEM_NAME, guest->make_temporary_file()}});
}

void vm_create_directory(Call& call, int handle, const std::string& path, int property_list) {
    const auto vm = check_path(call, handle, path, "pathName");
    require_no_property_list(property_list);
    const auto guest = guest_of(call, *vm);
    guest->make_folder(path);
}

void vm_list_processes(Call& call, int handle, int options) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, 0, "VMListProcessesInGuest");
    const auto guest = guest_of(call, *vm);
    for (const auto& process : guest->processes()) {
        call.give({{VIX_PROPERTY_JOB_RESULT_ITEM_NAME, process.name},
                   {VIX_PROPERTY_JOB_RESULT_PROCESS_ID, process.pid},
                   {VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER, process.owner},
                   {VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND, process.command},
                   {VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED, process.is_debugged},
                   {VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME, process.started}});
    }
}

void vm_kill_process(Call& call, int handle, std::int64_t pid, int options) {
    const auto vm = call.vm_and_texts(handle);
    if (pid <= 0) throw_bad_argument("pid " + std::to_string(pid) + " is not a process id");
    require_options(options, 0, "VMKillProcessInGuest");
    const auto guest = guest_of(call, *vm);
    guest->end_process(pid);
}

void vm_open_url(Call& call, int handle, const std::string& url, int, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    require_path(url, "url");
    require_no_property_list(property_list);
    static_cast<void>(guest_of(call, *vm));
    throw Error{VIX_E_OP_NOT_SUPPORTED_ON_GUEST,
                "the guest agent cannot act in the session of a user at the guest's screen"};
}

void vm_install_tools(Call& call, int handle, int options, const std::string&) {
    const auto vm = call.vm_and_texts(handle);
    require_options(options, VIX_INSTALLTOOLS_AUTO_UPGRADE | VIX_INSTALLTOOLS_RETURN_IMMEDIATELY,
                    "VMInstallTools");
    vm->machine().require_running(call);
    throw Error{VIX_E_TOOLS_INSTALL_NO_IMAGE,
                "this library has no image of VMware Tools; install qemu-guest-agent in the guest"};
}

void vm_capture_screen(Call& call, int handle, int type, int property_list) {
    const auto vm = call.vm_and_texts(handle);
    if (type != VIX_CAPTURESCREENFORMAT_PNG && type != VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS) {
        throw_bad_argument("captureType " + std::to_string(type) +
                           " is neither VIX_CAPTURESCREENFORMAT_PNG nor "
                           "VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS");
    }
    require_no_property_list(property_list);
    auto image = guest_of(call, *vm)->screenshot(
        type == VIX_CAPTURESCREENFORMAT_PNG ? power::Compression::Usual : power::Compression::None);
    const auto size = static_cast<std::int64_t>(image.size());
    call.give({{VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE, size},
               {VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, Blob{std::move(image)}}});
}

constexpr const char* kProgram =
    "vmHandle, guestProgramName, commandLineArgs, options, propertyListHandle";
constexpr const char* kScript = "vmHandle, interpreter, scriptText, options, propertyListHandle";

constexpr CallRow kGuestCalls[] = {
    call_row<vm_install_tools>(
        {"VM", "InstallTools", "VMInstallTools", "vmHandle, options, commandLineArgs"}),
    call_row<vm_wait_for_tools>(
        {"VM", "WaitForToolsInGuest", "VMWaitForToolsInGuest", "vmHandle, timeoutInSeconds"}),
    call_row<vm_login>(
        {"VM", "LoginInGuest", "VMLoginInGuest", "vmHandle, userName, password, options"}),
    call_row<vm_logout>({"VM", "LogoutFromGuest", "VMLogoutFromGuest", "vmHandle"}),
    call_row<vm_run_program>({"VM", "RunProgramInGuest", "VMRunProgramInGuest", kProgram}),
    call_row<vm_run_program>({"VM", nullptr, "VMRunProgramInGuestEx", kProgram}, Shape::Hash,
                             kProgramResult),
    call_row<vm_run_script>({"VM", "RunScriptInGuest", "VMRunScriptInGuest", kScript}),
    call_row<vm_run_script>({"VM", nullptr, "VMRunScriptInGuestEx", kScript}, Shape::Hash,
                            kProgramResult),
    call_row<vm_copy_to_guest>(
        {"VM", "CopyFileFromHostToGuest", "VMCopyFileFromHostToGuest",
         "vmHandle, hostPathName, guestPathName, options, propertyListHandle"}),
    call_row<vm_copy_to_host>(
        {"VM", "CopyFileFromGuestToHost", "VMCopyFileFromGuestToHost",
         "vmHandle, guestPathName, hostPathName, options, propertyListHandle"}),
    call_row<vm_delete_file>(
        {"VM", "DeleteFileInGuest", "VMDeleteFileInGuest", "vmHandle, guestPathName"}),
    call_row<vm_file_exists>(
        {"VM", "FileExistsInGuest", "VMFileExistsInGuest", "vmHandle, guestPathName"},
        Shape::Values, kExistsResult),
    call_row<vm_rename_file>({"VM", "RenameFileInGuest", "VMRenameFileInGuest",
                              "vmHandle, oldName, newName, options, propertyListHandle"}),
    call_row<vm_create_temp_file>({"VM", "CreateTempFileInGuest", "VMCreateTempFileInGuest",
                                   "vmHandle, options, propertyListHandle"},
                                  Shape::Values, kNameResult),
    call_row<vm_file_info>(
        {"VM", "GetFileInfoInGuest", "VMGetFileInfoInGuest", "vmHandle, pathName"}, Shape::Hash,
        kFileResult),
    call_row<vm_list_directory>(
        {"VM", "ListDirectoryInGuest", "VMListDirectoryInGuest", "vmHandle, pathName, options"},
        Shape::HashList, kDirectoryResult),
    call_row<vm_create_directory>({"VM", "CreateDirectoryInGuest", "VMCreateDirectoryInGuest",
                                   "vmHandle, pathName, propertyListHandle"}),
    call_row<vm_delete_directory>({"VM", "DeleteDirectoryInGuest", "VMDeleteDirectoryInGuest",
                                   "vmHandle, pathName, options"}),
    call_row<vm_directory_exists>(
        {"VM", "DirectoryExistsInGuest", "VMDirectoryExistsInGuest", "vmHandle, pathName"},
        Shape::Values, kExistsResult),
    call_row<vm_list_processes>(
        {"VM", "ListProcessesInGuest", "VMListProcessesInGuest", "vmHandle, options"},
        Shape::HashList, kProcessesResult),
    call_row<vm_kill_process>(
        {"VM", "KillProcessInGuest", "VMKillProcessInGuest", "vmHandle, pid, options"}),
    call_row<vm_open_url>({"VM", "OpenUrlInGuest", "VMOpenUrlInGuest",
                           "vmHandle, url, windowState, propertyListHandle"}),
    call_row<vm_capture_screen>({"VM", "CaptureScreenImage", "VMCaptureScreenImage",
                                 "vmHandle, captureType, propertyListHandle"},
                                Shape::Values, kScreenResult),
};

}  // namespace

std::span<const CallRow> guest_calls() {
    return kGuestCalls;
}

}  // namespace vix::api
