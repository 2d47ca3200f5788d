// The fields of the calls' results: job properties, and the keys in the hashes of the simple calls.
#pragma once

#include "api/constants.h"
#include "api/values.h"

namespace vix::api {

inline constexpr ResultField kHandleResult[] = {{VIX_PROPERTY_JOB_RESULT_HANDLE, "HANDLE"}};
inline constexpr ResultField kFoundResult[] = {{VIX_PROPERTY_FOUND_ITEM_LOCATION, "LOCATION"}};
inline constexpr ResultField kVariableResult[] = {
    {VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING, "VALUE"}};
inline constexpr ResultField kExistsResult[] = {
    {VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS, "EXISTS"}};
inline constexpr ResultField kNameResult[] = {{VIX_PROPERTY_JOB_RESULT_ITEM_NAME, "NAME"}};
inline constexpr ResultField kProgramResult[] = {
    {VIX_PROPERTY_JOB_RESULT_PROCESS_ID, "PROCESS_ID"},
    {VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME, "ELAPSED_TIME"},
    {VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, "EXIT_CODE"}};
// VMware's page says MOD_TIME, its example FILE_MOD_TIME.
inline constexpr ResultField kFileResult[] = {
    {VIX_PROPERTY_JOB_RESULT_FILE_SIZE, "FILE_SIZE"},
    {VIX_PROPERTY_JOB_RESULT_FILE_FLAGS, "FILE_FLAGS"},
    {VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, "MOD_TIME"},
    {VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, "FILE_MOD_TIME"}};
inline constexpr ResultField kDirectoryResult[] = {
    {VIX_PROPERTY_JOB_RESULT_ITEM_NAME, "FILE_NAME"},
    {VIX_PROPERTY_JOB_RESULT_FILE_SIZE, "FILE_SIZE"},
    {VIX_PROPERTY_JOB_RESULT_FILE_FLAGS, "FILE_ATTRIBUTES"},
    {VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, "FILE_MOD_TIME"}};
inline constexpr ResultField kProcessesResult[] = {
    {VIX_PROPERTY_JOB_RESULT_ITEM_NAME, "PROCESS_NAME"},
    {VIX_PROPERTY_JOB_RESULT_PROCESS_ID, "PROCESS_ID"},
    {VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER, "PROCESS_OWNER"},
    {VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND, "PROCESS_COMMAND"},
    {VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED, "PROCESS_BEING_DEBUGGED"},
    {VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME, "PROCESS_START_TIME"}};
inline constexpr ResultField kScreenResult[] = {
    {VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE, "SIZE"},
    {VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, "DATA"}};
inline constexpr ResultField kFolderCountResult[] = {
    {VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT, "COUNT"}};
// In the order of VMware's page.
inline constexpr ResultField kFolderResult[] = {
    {VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS, "FLAGS"},
    {VIX_PROPERTY_JOB_RESULT_ITEM_NAME, "NAME"},
    {VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST, "HOST"}};

}  // namespace vix::api
