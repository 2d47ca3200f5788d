// A row of the table of calls: its description, and the function that does the work. The kinds of
// its arguments are derived from the function's parameters.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/values.h"

namespace vix::api {

class Call;

struct ArgumentValue {
    std::int64_t number = 0;
    std::string text;
};

struct CallRow {
    CallDescription description;
    void (*function)(Call& call, std::span<const ArgumentValue> arguments);
};

template <class T>
struct ArgumentType;

template <>
struct ArgumentType<int> {
    static constexpr ArgumentKind kKind = ArgumentKind::Integer;
    static int of(const ArgumentValue& value) { return static_cast<int>(value.number); }
};

template <>
struct ArgumentType<std::int64_t> {
    static constexpr ArgumentKind kKind = ArgumentKind::Integer64;
    static std::int64_t of(const ArgumentValue& value) { return value.number; }
};

template <>
struct ArgumentType<const std::string&> {
    static constexpr ArgumentKind kKind = ArgumentKind::Text;
    static const std::string& of(const ArgumentValue& value) { return value.text; }
};

template <auto Function>
struct CallAdapter;

template <class... Types, void (*Function)(Call&, Types...)>
struct CallAdapter<Function> {
    static constexpr std::array kKinds{ArgumentType<Types>::kKind...};

    static void run(Call& call, std::span<const ArgumentValue> arguments) {
        assert(arguments.size() == sizeof...(Types));
        run_with(call, arguments, std::index_sequence_for<Types...>{});
    }

  private:
    template <std::size_t... Indexes>
    static void run_with(Call& call, std::span<const ArgumentValue> arguments,
                         std::index_sequence<Indexes...>) {
        Function(call, ArgumentType<Types>::of(arguments[Indexes])...);
    }
};

// The names of a call; nullptr for a form that it does not have.
struct CallNames {
    const char* package;
    const char* name;
    const char* simple_name;
    const char* arguments;
};

template <auto Function>
constexpr CallRow call_row(const CallNames& names, Shape shape = Shape::ErrorOnly,
                           std::span<const ResultField> fields = {}) {
    using Adapter = CallAdapter<Function>;
    return {{names.package, names.name, names.simple_name, names.arguments, Adapter::kKinds.data(),
             Adapter::kKinds.size(), shape, fields.data(), fields.size()},
            &Adapter::run};
}

// The parts of the table.
std::span<const CallRow> host_calls();
std::span<const CallRow> vm_calls();
std::span<const CallRow> power_calls();
std::span<const CallRow> snapshot_calls();
std::span<const CallRow> guest_calls();
std::span<const CallRow> console_calls();
std::span<const CallRow> disk_calls();

const CallRow& call_at(std::size_t call) noexcept;

}  // namespace vix::api
