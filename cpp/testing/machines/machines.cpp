#include "testing/machines/machines.h"

#include <boost/filesystem/operations.hpp>
#include <cstdio>

#include "testing/disks/hosted_image.h"

namespace vix::testing {
namespace {

std::string hex8(std::uint32_t value) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", value);
    return text;
}

}  // namespace

std::string DescriptorText::text() const {
    std::string text = "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\n";
    text += "CID=" + hex8(cid) + "\nparentCID=" + hex8(parent_cid) + '\n';
    text += "createType=\"" + create_type + "\"\n";
    if (!parent_hint.empty()) text += "parentFileNameHint=\"" + parent_hint + "\"\n";
    text += "\n# Extent description\n";
    for (const std::string& extent : extents) text += extent + '\n';
    text += "\n# The Disk Data Base \n#DDB\n\n";
    for (const std::string& line : ddb) text += line + '\n';
    return text;
}

std::string mono_disk(const std::string& name, char fill, std::uint64_t grain, std::uint32_t cid,
                      const std::string& parent_hint, std::uint32_t parent_cid) {
    DescriptorText descriptor;
    descriptor.cid = cid;
    descriptor.parent_hint = parent_hint;
    descriptor.parent_cid = parent_cid;
    descriptor.extents = {"RW 1024 SPARSE \"" + name + "\""};
    HostedImage image;
    image.descriptor = descriptor.text();
    image.grains = {{grain, fill}};
    return image.bytes();
}

std::string vmx_with_disks(const std::vector<std::string>& disks) {
    std::string text = ".encoding = \"UTF-8\"\ndisplayName = \"vm\"\n";
    for (const std::string& disk : disks) {
        const auto equals = disk.find('=');
        const std::string node = disk.substr(0, equals);
        text += node + ".present = \"TRUE\"\n";
        text += node + ".fileName = \"" + disk.substr(equals + 1) + "\"\n";
    }
    return text;
}

fs::path write_small_machine(const fs::path& folder) {
    fs::create_directories(folder);
    write_file(folder / "disk.vmdk", mono_disk("disk.vmdk", 'b', 1));
    write_file(folder / "disk-000001.vmdk",
               mono_disk("disk-000001.vmdk", 't', 2, 0x22222222, "disk.vmdk", 0x11111111));
    DescriptorText flat;
    flat.create_type = "twoGbMaxExtentFlat";
    flat.extents = {"RW 600 FLAT \"data-f001.vmdk\" 0", "RW 424 FLAT \"data-f002.vmdk\" 0"};
    write_file(folder / "data.vmdk", flat.text());
    const std::string data = second_disk_content();
    write_file(folder / "data-f001.vmdk", data.substr(0, 600 * kSector));
    write_file(folder / "data-f002.vmdk", data.substr(600 * kSector));
    write_file(folder / "vm.nvram", "MRVN" + std::string(200, 'n'));
    write_file(folder / "vm.vmxf",
               "<Foundry><VM><VMId type=\"string\">52 old</VMId></VM></Foundry>");
    write_file(folder / "vm.vmx",
               vmx_with_disks({"scsi0:0=disk-000001.vmdk", "scsi0:1=data.vmdk"}) +
                   "nvram = \"vm.nvram\"\nextendedConfigFile = \"vm.vmxf\"\n");
    return folder / "vm.vmx";
}

void encrypt_for_tpm(const fs::path& vmx) {
    write_file(vmx, read_file(vmx) +
                        "firmware = \"efi\"\nvmx.encryptionType = \"partial\"\n"
                        "encryptedVM.guid = \"{40E2D465-E026-1FCD-6DC0-0B0060B16049}\"\n"
                        "vtpm.ekCSR = \"MIICSR+/==\"\nvtpm.ekCRT = \"MIICRT+/==\"\n"
                        "vtpm.present = \"TRUE\"\n"
                        "encryption.keySafe = \"vmware:key/list/(pair/(phrase/x/y,z,AAAA))\"\n"
                        "encryption.data = \"5+2COnT5XxZm2FQUF/EYo/\"\n");
    const auto nvram = fs::path{vmx}.replace_extension(".nvram");
    write_file(nvram, "\x9e\xdd\x43\x89" + std::string(4092, '\0') + std::string(8192, 's'));
}

std::string first_disk_content() {
    std::string disk(kSmallDiskSectors * kSector, '\0');
    put_bytes(disk, 128 * kSector, content('b', 128, 128));
    put_bytes(disk, 256 * kSector, content('t', 256, 128));
    return disk;
}

std::string second_disk_content() {
    std::string disk(kSmallDiskSectors * kSector, '\0');
    put_bytes(disk, 590 * kSector, content('d', 590, 20));  // across the border of the extents
    return disk;
}

vm::Settings plain_settings() {
    vm::Settings settings;
    settings.durability = vm::Durability::Unsynced;
    return settings;
}

}  // namespace vix::testing
