// Calls that go to the guest of a running virtual machine. As yet no guest answers: each checks
// what it is given, and then what state the machine is in.
#include "api/call.h"
#include "api/call_row.h"
#include "api/machine_state.h"
#include "api/result_fields.h"
#include "api/text_argument.h"
#include "base/error.h"

namespace vix::api {
namespace {

// What the reference allows for interpreter and script together, in bytes.
constexpr std::size_t kScriptLimit = 60536;
constexpr std::size_t kGuestNameLimit = 255;

// A call to the guest begins with its handle and its texts. Those that must name something follow.
std::shared_ptr<VmObject> guest_of(const Call& call, Handle handle) {
    auto vm = call.vm(handle);
    call.require_texts();
    return vm;
}

void vm_wait_for_tools(Call& call, int handle, int) {
    require_tools(call, *guest_of(call, handle));
}

void vm_login(Call& call, int handle, const std::string& user, const std::string&, int options) {
    const auto vm = guest_of(call, handle);
    require_path(user, "userName");
    require_options(options, VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT, "VMLoginInGuest");
    require_tools(call, *vm);
}

// Without a login there is nothing to do, which is no error.
void vm_logout(Call& call, int handle) {
    static_cast<void>(guest_of(call, handle));
}

void vm_run_program(Call& call, int handle, const std::string& program, const std::string&,
                    int options, int property_list) {
    const auto vm = guest_of(call, handle);
    require_path(program, "guestProgramName");
    require_options(options, VIX_RUNPROGRAM_RETURN_IMMEDIATELY | VIX_RUNPROGRAM_ACTIVATE_WINDOW,
                    "VMRunProgramInGuest");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_run_script(Call& call, int handle, const std::string& interpreter,
                   const std::string& script, int options, int property_list) {
    const auto vm = guest_of(call, handle);
    if (interpreter.size() + script.size() > kScriptLimit) {
        throw Error{VIX_E_ARGUMENT_TOO_BIG, "interpreter and scriptText have " +
                                                std::to_string(interpreter.size() + script.size()) +
                                                " bytes together; copy a script longer than " +
                                                std::to_string(kScriptLimit) +
                                                " to the guest and run it there"};
    }
    require_options(options, VIX_RUNPROGRAM_RETURN_IMMEDIATELY | VIX_RUNPROGRAM_ACTIVATE_WINDOW,
                    "VMRunScriptInGuest");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void copy_file(const Call& call, Handle handle, const std::string& from, const std::string& to,
               int options, Handle property_list) {
    const auto vm = guest_of(call, handle);
    require_path(from, "the path to copy from");
    require_path(to, "the path to copy to");
    require_options(options, 0, "copying files");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_copy_to_guest(Call& call, int handle, const std::string& host_path,
                      const std::string& guest_path, int options, int property_list) {
    copy_file(call, handle, host_path, guest_path, options, property_list);
}

void vm_copy_to_host(Call& call, int handle, const std::string& guest_path,
                     const std::string& host_path, int options, int property_list) {
    copy_file(call, handle, guest_path, host_path, options, property_list);
}

void vm_with_path(Call& call, int handle, const std::string& path) {
    const auto vm = guest_of(call, handle);
    require_path(path, "guestPathName");
    require_tools(call, *vm);
}

void vm_with_path_and_options(Call& call, int handle, const std::string& path, int options) {
    const auto vm = guest_of(call, handle);
    require_path(path, "pathName");
    require_options(options, 0, "this call");
    require_tools(call, *vm);
}

void vm_rename_file(Call& call, int handle, const std::string& old_name,
                    const std::string& new_name, int options, int property_list) {
    const auto vm = guest_of(call, handle);
    require_path(old_name, "oldName");
    require_path(new_name, "newName");
    if (old_name.size() > kGuestNameLimit || new_name.size() > kGuestNameLimit) {
        throw Error{VIX_E_FILE_NAME_TOO_LONG, "oldName and newName may have 255 bytes each"};
    }
    require_options(options, 0, "VMRenameFileInGuest");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_create_temp_file(Call& call, int handle, int options, int property_list) {
    const auto vm = guest_of(call, handle);
    require_options(options, 0, "VMCreateTempFileInGuest");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_create_directory(Call& call, int handle, const std::string& path, int property_list) {
    const auto vm = guest_of(call, handle);
    require_path(path, "pathName");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_list_processes(Call& call, int handle, int options) {
    const auto vm = guest_of(call, handle);
    require_options(options, 0, "VMListProcessesInGuest");
    require_tools(call, *vm);
}

void vm_kill_process(Call& call, int handle, std::int64_t pid, int options) {
    const auto vm = guest_of(call, handle);
    if (pid <= 0) throw_bad_argument("pid " + std::to_string(pid) + " is no process");
    require_options(options, 0, "VMKillProcessInGuest");
    require_tools(call, *vm);
}

void vm_open_url(Call& call, int handle, const std::string& url, int, int property_list) {
    const auto vm = guest_of(call, handle);
    require_path(url, "url");
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

void vm_install_tools(Call& call, int handle, int options, const std::string&) {
    const auto vm = guest_of(call, handle);
    require_options(options, VIX_INSTALLTOOLS_AUTO_UPGRADE | VIX_INSTALLTOOLS_RETURN_IMMEDIATELY,
                    "VMInstallTools");
    require_running(call, *vm);
    throw Error{VIX_E_TOOLS_INSTALL_NO_IMAGE, "this library comes without an image of the tools"};
}

void vm_capture_screen(Call& call, int handle, int type, int property_list) {
    const auto vm = guest_of(call, handle);
    if (type != VIX_CAPTURESCREENFORMAT_PNG && type != VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS) {
        throw_bad_argument("captureType " + std::to_string(type) +
                           " is none of VIX_CAPTURESCREENFORMAT_PNG and _PNG_NOCOMPRESS");
    }
    require_no_property_list(property_list);
    require_tools(call, *vm);
}

constexpr const char* kProgram =
    "vmHandle, guestProgramName, commandLineArgs, options, propertyListHandle";
constexpr const char* kScript = "vmHandle, interpreter, scriptText, options, propertyListHandle";

constexpr CallRow kCalls[] = {
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
    call_row<vm_with_path>(
        {"VM", "DeleteFileInGuest", "VMDeleteFileInGuest", "vmHandle, guestPathName"}),
    call_row<vm_with_path>(
        {"VM", "FileExistsInGuest", "VMFileExistsInGuest", "vmHandle, guestPathName"},
        Shape::Values, kExistsResult),
    call_row<vm_rename_file>({"VM", "RenameFileInGuest", "VMRenameFileInGuest",
                              "vmHandle, oldName, newName, options, propertyListHandle"}),
    call_row<vm_create_temp_file>({"VM", "CreateTempFileInGuest", "VMCreateTempFileInGuest",
                                   "vmHandle, options, propertyListHandle"},
                                  Shape::Values, kNameResult),
    call_row<vm_with_path>(
        {"VM", "GetFileInfoInGuest", "VMGetFileInfoInGuest", "vmHandle, pathName"}, Shape::Hash,
        kFileResult),
    call_row<vm_with_path_and_options>(
        {"VM", "ListDirectoryInGuest", "VMListDirectoryInGuest", "vmHandle, pathName, options"},
        Shape::HashList, kDirectoryResult),
    call_row<vm_create_directory>({"VM", "CreateDirectoryInGuest", "VMCreateDirectoryInGuest",
                                   "vmHandle, pathName, propertyListHandle"}),
    call_row<vm_with_path_and_options>({"VM", "DeleteDirectoryInGuest", "VMDeleteDirectoryInGuest",
                                        "vmHandle, pathName, options"}),
    call_row<vm_with_path>(
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
    return kCalls;
}

}  // namespace vix::api
