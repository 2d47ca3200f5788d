// Makes calls of the call table by name, in their simple form, as a language's glue does.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/call_table.h"
#include "api/constants.h"

namespace vix::testing {

// An argument: a number or a text.
struct Given {
    template <std::integral T>
    Given(T value) : number{static_cast<std::int64_t>(value)} {}
    Given(api::Constant value) : number{value} {}
    Given(std::string value) : text{std::move(value)} {}
    // Not from a pointer: then 0 would be ambiguous between number and null pointer.
    template <std::size_t Size>
    Given(const char (&value)[Size]) : text{value} {}

    std::int64_t number = 0;
    std::string text;
};

struct CallAnswer {
    int error;
    api::Handle handle;  // if the call returns one
    std::vector<std::vector<api::PropertyValue>> rows;
};

// Starts the call and returns its job, which the caller must release.
api::Handle start(std::string_view simple_name, const std::vector<Given>& arguments,
                  api::Events events = api::Events::Drop);

// Starts the call, waits for it and releases its job.
CallAnswer call(std::string_view simple_name, const std::vector<Given>& arguments);

}  // namespace vix::testing
