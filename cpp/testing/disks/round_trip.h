// What each parser promises of every text that it accepts: what is written for it means the same
// when it is read again. cpp/fuzz and the tests of the parsers ask this of each input that they
// accept. The functions return what is lost; empty if nothing is.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "format/dictionary.h"
#include "format/vmdk/descriptor.h"
#include "format/vmsn.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::testing {

inline std::string lost_between(const std::string& before, const std::string& after) {
    return before == after ? "" : "before:\n" + before + "after:\n" + after;
}

// Every byte is kept.
inline std::string lost_by_writing(const format::Dictionary& dictionary, std::string_view bytes) {
    if (dictionary.to_bytes() != bytes) return "bytes: " + dictionary.to_bytes();
    for (const auto& [name, value] : dictionary.entries()) {
        if (!dictionary.find(name)) return "the name " + name;
    }
    return "";
}

// Only what is written counts: no offset where VMware writes none, 0 for a missing content id, and
// neither the encoding, which becomes UTF-8, nor the keys of an encrypted disk.
inline std::string meaning_of(const format::vmdk::Descriptor& descriptor) {
    using format::vmdk::ExtentType;
    std::string text = std::to_string(descriptor.cid.value_or(0)) + '\n' +
                       std::to_string(descriptor.parent_cid) + '\n' + descriptor.create_type +
                       '\n' + descriptor.parent_hint + '\n';
    for (const auto& extent : descriptor.extents) {
        text += std::to_string(static_cast<int>(extent.access)) + ' ' +
                std::to_string(extent.sectors) + ' ';
        text += format::vmdk::name_of(extent.type);
        text += ' ' + extent.name;
        if (extent.type == ExtentType::Flat || extent.type == ExtentType::Vmfs)
            text += ' ' + std::to_string(extent.offset_sectors);
        text += '\n';
    }
    auto ddb = descriptor.ddb;
    std::sort(ddb.begin(), ddb.end());
    for (const auto& [name, value] : ddb) {
        if (!equal_ignoring_case(name, "encoding")) text += name + '=' + value + '\n';
    }
    return text;
}

// A name that is not UTF-8 may be read, but cannot be written.
inline bool can_be_written(const format::vmdk::Descriptor& descriptor) {
    return is_utf8(descriptor.parent_hint) &&
           std::all_of(descriptor.extents.begin(), descriptor.extents.end(),
                       [](const auto& extent) { return is_utf8(extent.name); });
}

inline std::string lost_by_writing(const format::vmdk::Descriptor& descriptor) {
    if (!can_be_written(descriptor)) return "";
    try {
        const std::string written = to_text(descriptor);
        const auto again = format::vmdk::parse_descriptor(written, "again.vmdk");
        const std::string lost = lost_between(meaning_of(descriptor), meaning_of(again));
        return lost.empty() ? lost_between(written, to_text(again)) : lost;
    } catch (const Error& error) {
        return error.detail();
    }
}

inline std::string meaning_of(const vm::SnapshotTree& tree) {
    std::string text = "current " + std::to_string(tree.current()) + '\n';
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        text += std::to_string(snapshot.uid) + " below " + std::to_string(snapshot.parent) + ": " +
                snapshot.display_name + '\n' + snapshot.description + '\n' +
                snapshot.state_file.name + (snapshot.with_memory ? " with memory " : " ") +
                std::to_string(snapshot.created_us) + '\n';
        for (const auto& disk : snapshot.disks) text += disk.node + ' ' + disk.file.name + '\n';
        for (const auto& clone : snapshot.clones) text += "clone " + clone + '\n';
    }
    for (const auto& parent : tree.clone_of()) text += "clone of " + parent + '\n';
    for (const auto& disk : tree.sentinels()) text += "sentinel " + disk + '\n';
    return text;
}

// Holds after each edit, too.
inline std::string lost_by_writing(const vm::SnapshotTree& tree) {
    try {
        const auto again = vm::SnapshotTree::parse(tree.to_bytes(), "again.vmsd");
        return lost_between(meaning_of(tree), meaning_of(again));
    } catch (const Error& error) {
        return error.detail();
    }
}

// `read(bytes)` reads a snapshot state.
template <typename Read>
std::string lost_by_writing(const format::VmsnContent& content, Read read) {
    const format::VmsnContent again = read(format::to_vmsn(content));
    if (again.config != content.config) return ".vmx: " + again.config;
    if (again.nvram != content.nvram) return "nvram: " + again.nvram;
    if (again.extended_config != content.extended_config) return ".vmxf: " + again.extended_config;
    return "";
}

}  // namespace vix::testing
