// Makes new identities: the values in which a machine or disk must differ from its copy. All are
// random.
#pragma once

#include <cstdint>
#include <string>

namespace vix::vm {

// The identity of a disk's content: 128 random bits, of which the last 32 are the CID. The CID is
// never one of the reserved values 0, fffffffe ("never written") and ffffffff ("no parent").
struct ContentId {
    std::string long_id;  // 32 hexadecimal digits
    std::uint32_t cid;
};
ContentId new_content_id();

// "60 00 C2 9x ..": ddb.uuid in VMware's form.
std::string new_disk_uuid();

// "52 ..": the VMId in a .vmxf.
std::string new_vm_id();

// vm.genid, a signed 64-bit decimal. Windows guests detect by it that they were copied.
std::string new_generation_id();

}  // namespace vix::vm
