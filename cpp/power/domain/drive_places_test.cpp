#include "power/domain/drive_places.h"

#include <gtest/gtest.h>

#include <set>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;

std::string disk_at(const std::string& node) {
    return node + ".present = \"TRUE\"\n" + node + ".fileName = \"a.vmdk\"\n";
}

std::string disks_at(const std::string& controller, int first, int last) {
    std::string text;
    for (int unit = first; unit <= last; ++unit) {
        text += disk_at(controller + ':' + std::to_string(unit));
    }
    return text;
}

std::vector<Drive> drives_in(const std::string& text) {
    std::vector<std::string> notes;
    return drives_of(vm::Config::parse("/vms/a.vmx", text, "/vms/a.vmx"), notes);
}

DrivePlaces placed(const std::string& text) {
    return place_drives(vm::Config::parse("/vms/a.vmx", text, "/vms/a.vmx"), drives_in(text));
}

std::string text_of(const Place& place) {
    return place.bus + std::to_string(place.controller) + '/' + std::to_string(place.bus_number) +
           '/' + std::to_string(place.target) + '/' + std::to_string(place.unit);
}

std::string places_of(const std::string& text) {
    std::string found;
    for (const Place& place : placed(text).places) found += text_of(place) + ' ';
    return found;
}

std::string controllers_of(const std::string& text) {
    std::string found;
    for (const Controller& controller : placed(text).controllers) {
        found += controller.type + ':' + controller.model + ' ';
    }
    return found;
}

const std::string kWideBus = disks_at("scsi0", 0, 6) + disks_at("scsi0", 8, 15);

TEST(DrivePlaces, FifteenDisksOfAnLsiAreOnThreeAdaptersInTheirOrder) {
    const std::string text = "scsi0.virtualDev = \"lsilogic\"\n" + kWideBus;
    EXPECT_EQ(places_of(text),
              "scsi0/0/0/0 scsi0/0/1/0 scsi0/0/2/0 scsi0/0/3/0 scsi0/0/4/0 scsi0/0/5/0 scsi0/0/6/0 "
              "scsi1/0/0/0 scsi1/0/1/0 scsi1/0/2/0 scsi1/0/3/0 scsi1/0/4/0 scsi1/0/5/0 scsi1/0/6/0 "
              "scsi2/0/0/0 ");
    EXPECT_EQ(controllers_of(text), "scsi:lsisas1068 scsi:lsisas1068 scsi:lsisas1068 ");
}

TEST(DrivePlaces, BusLogicAddressesByUnit) {
    const std::string text = "scsi0.virtualDev = \"buslogic\"\n" + disk_at("scsi0:6") +
                             disk_at("scsi0:8") + disk_at("scsi0:15");
    EXPECT_EQ(places_of(text), "scsi0/0/0/6 scsi1/0/0/0 scsi2/0/0/0 ");
    EXPECT_EQ(controllers_of(text), "scsi:lsilogic scsi:lsilogic scsi:lsilogic ");
}

TEST(DrivePlaces, SixtyFourDisksOfAPvscsiKeepTheirNumbers) {
    const std::string text = "scsi1.virtualDev = \"pvscsi\"\n" + disk_at("scsi1:15") +
                             disk_at("scsi1:63") + disk_at("scsi1:64");
    EXPECT_EQ(places_of(text), "scsi0/0/15/0 scsi0/0/63/0 scsi1/0/0/0 ");
}

TEST(DrivePlaces, LaterControllersComeBehindAllPartsOfEarlierOnes) {
    const std::string text = "scsi0.virtualDev = \"lsisas1068\"\nscsi2.virtualDev = \"pvscsi\"\n" +
                             disk_at("scsi2:0") + disk_at("scsi0:15") + disk_at("nvme0:63") +
                             disk_at("sata0:29") + disk_at("sata0:0") + disk_at("ide1:1");
    EXPECT_EQ(places_of(text),
              "ide0/1/0/1 scsi0/0/0/0 scsi1/0/0/0 sata0/0/0/0 sata1/0/0/5 sata2/0/0/3 ");
    EXPECT_EQ(controllers_of(text), "scsi:lsisas1068 scsi:vmpvscsi sata: sata: sata: ");
}

TEST(DrivePlaces, NoTwoDrivesOfAFullMachineHaveOnePlace) {
    std::string text = disks_at("ide0", 0, 1) + disks_at("ide1", 0, 1);
    for (const char* number : {"0", "1", "2", "3"}) {
        const std::string scsi = std::string{"scsi"} + number;
        text += disks_at(scsi, 0, 6) + disks_at(scsi, 8, 15);
        text += disks_at(std::string{"sata"} + number, 0, 29);
        text += disks_at(std::string{"nvme"} + number, 0, 63);
    }
    text +=
        "scsi1.virtualDev = \"lsilogic\"\nscsi2.virtualDev = \"lsisas1068\"\n"
        "scsi3.virtualDev = \"pvscsi\"\n";
    std::set<std::string> places;
    std::set<std::string> names;
    for (const Place& place : placed(text).places) {
        places.insert(text_of(place));
        if (!place.wwn.empty()) names.insert(place.wwn);
    }
    EXPECT_EQ(places.size(), 4U + 4 * (15 + 30 + 64));
    EXPECT_EQ(names.size(), 2U * 15);
}

TEST(DrivePlaces, DisksOfASasHaveNamesThatFollowFromTheMachine) {
    const std::string text = "scsi1.virtualDev = \"lsisas1068\"\n" + disk_at("scsi1:10") +
                             "uuid.bios = \"56 4d 3a 91 7c 40 e5 16-b2 08 6f d3 61 a4 2e 70\"\n";
    EXPECT_EQ(placed(text).places.front().wwn, "5000c291a42e701a");
}

class DiskWithoutAPlace : public ::testing::TestWithParam<std::string> {};

TEST_P(DiskWithoutAPlace, IsRefused) {
    const std::string text = disk_at("ide0:0") + disk_at(GetParam());
    EXPECT_EQ(code_of([&] { drives_in(text); }), VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_TRUE(contains(detail_of([&] { drives_in(text); }), "its disk " + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, DiskWithoutAPlace,
                         ::testing::Values("ide2:0", "ide0:2", "scsi4:0", "scsi0:7", "scsi0:16",
                                           "sata4:0", "sata0:30", "nvme4:0", "nvme0:64",
                                           "scsi99999999999999999999:0", "ide00:0"));

TEST(Drives, LastPlacesOfEachBusAreTaken) {
    EXPECT_EQ(drives_in(disk_at("ide1:1") + disk_at("scsi3:15") + disk_at("sata3:29") +
                        disk_at("nvme3:63"))
                  .size(),
              4U);
}

TEST(Drives, DiskOfAnUnknownAdapterIsRefused) {
    const std::string text = "scsi0.virtualDev = \"virtio\"\n" + disk_at("scsi0:0");
    EXPECT_EQ(code_of([&] { drives_in(text); }), VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_TRUE(contains(detail_of([&] { drives_in(text); }), "scsi0.virtualDev"));
}

TEST(Drives, PresentDeviceThatNamesNoDiskIsRefused) {
    const std::string text = "scsi0:1.present = \"TRUE\"\nscsi0:1.deviceType = \"disk\"\n";
    EXPECT_EQ(code_of([&] { drives_in(text); }), VIX_E_CANNOT_POWER_ON_VM);
}

TEST(Drives, CdWithoutAPlaceIsLeftOut) {
    std::vector<std::string> notes;
    const auto machine = vm::Config::parse(
        "/vms/a.vmx", "ide5:0.present = \"TRUE\"\nide5:0.deviceType = \"cdrom-raw\"\n",
        "/vms/a.vmx");
    EXPECT_TRUE(drives_of(machine, notes).empty());
    EXPECT_EQ(notes.size(), 1U);
}

TEST(Drives, ControllerThatIsSwitchedOffHidesItsDevices) {
    EXPECT_TRUE(drives_in("sata0.present = \"FALSE\"\nsata0:1.present = \"TRUE\"\n"
                          "sata0:1.deviceType = \"cdrom-raw\"\n" +
                          disk_at("sata0:0"))
                    .empty());
}

}  // namespace
}  // namespace vix::power
