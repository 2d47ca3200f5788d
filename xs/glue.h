// Between Perl values and the façade's: the one place that sees both.
//
// The rule for all of it: croak() is a longjmp that skips destructors. So arguments are turned into
// plain values first, while nothing with a destructor exists and a tied or overloaded one may still
// die; after the call into the façade only values are made, which fails in no other way than by
// ending the process.
//
// The rule for text: what crosses is bytes, and they are UTF-8. A string that carries Perl's UTF-8
// flag gives its characters' UTF-8; one without gives its bytes as they stand. On the way back the
// flag is set only where it says something: on valid UTF-8 beyond ASCII.
#pragma once

// Before perl.h, whose macros break the standard headers.
#include <chrono>

#include "api/call_table.h"
#include "api/jobs.h"
#include "api/simple.h"

// In this order, which is not that of the alphabet.
// clang-format off
#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"
// clang-format on

// The types that xs/typemap converts arguments to.
typedef int vix_integer;
struct vix_text {
    const char* data;
    std::size_t size;

    operator std::string_view() const noexcept { return {data, size}; }
};

// A number that no int holds becomes the nearest that one does, which is no handle and no valid
// argument; cutting its upper half off could hit either.
static inline int vix_integer_argument(pTHX_ SV* value) {
    const IV number = SvIV(value);
    if (SvIsUV(value) || number > INT_MAX) return INT_MAX;
    return number < INT_MIN ? INT_MIN : static_cast<int>(number);
}

// The text is a copy, since converting the next argument may run Perl code that changes this one.
static inline vix_text vix_text_argument(pTHX_ SV* value) {
    SvGETMAGIC(value);
    if (!SvOK(value)) return vix_text{"", 0};
    STRLEN size;
    const char* bytes = SvPV_nomg(value, size);
    SV* copy = sv_2mortal(newSVpvn(bytes, size));
    return vix_text{SvPVX(copy), size};
}

// Those arguments of an XSUB from the given one on, in memory that Perl frees. They are fetched one
// by one from the stack, which may move when a conversion runs Perl code.
static inline const int* vix_integer_arguments(pTHX_ SSize_t ax, SSize_t from, SSize_t items) {
    SV* buffer = sv_2mortal(newSV(static_cast<STRLEN>(items) * sizeof(int)));
    int* numbers = reinterpret_cast<int*>(SvPVX(buffer));
    for (SSize_t i = from; i < items; ++i) numbers[i - from] = vix_integer_argument(aTHX_ ST(i));
    return numbers;
}

static inline bool vix_is_ascii(const std::string& text) {
    for (const char byte : text) {
        if ((byte & 0x80) != 0) return false;
    }
    return true;
}

static inline SV* vix_text_value(pTHX_ const std::string& text) {
    SV* value = newSVpvn(text.data(), text.size());
    const U8* bytes = reinterpret_cast<const U8*>(SvPVX(value));
    if (!vix_is_ascii(text) && is_utf8_string(bytes, text.size())) SvUTF8_on(value);
    return value;
}

static inline SV* vix_property_value(pTHX_ const vix::api::PropertyValue& value) {
    if (const auto* blob = std::get_if<vix::api::Blob>(&value)) {
        return newSVpvn(blob->bytes.data(), blob->bytes.size());
    }
    if (const auto* found = std::get_if<std::string>(&value)) {
        const std::string& text = *found;
        return vix_text_value(aTHX_ text);
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return newSViv(static_cast<IV>(*number));
    }
    if (const auto* truth = std::get_if<bool>(&value)) return newSViv(*truth ? 1 : 0);
    return newSV(0);
}

// Makes room for the results of an XSUB, which take the places of its arguments. It ends with
// XSRETURN of as many as there are.
static inline void vix_make_room(pTHX_ SSize_t ax, std::size_t count) {
    SV** sp = PL_stack_base + ax - 1;
    EXTEND(sp, static_cast<SSize_t>(count));
    PERL_UNUSED_VAR(sp);
}

// ($err, $handle)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::HandleResult& result) {
    vix_make_room(aTHX_ ax, 2);
    ST(0) = sv_2mortal(newSViv(result.error));
    ST(1) = sv_2mortal(newSViv(result.handle));
    return 2;
}

// ($err, $count)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::CountResult& result) {
    return vix_set_results(aTHX_ ax, vix::api::HandleResult{result.error, result.count});
}

// ($err, @values)
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::PropertiesResult& result) {
    int count = 0;
    vix_make_room(aTHX_ ax, result.values.size() + 1);
    ST(count++) = sv_2mortal(newSViv(result.error));
    for (const auto& value : result.values) {
        ST(count++) = sv_2mortal(vix_property_value(aTHX_ value));
    }
    return count;
}

// The pairs of an XSUB's arguments from the given one on, for a property list; an end mark
// (VIX_PROPERTY_NONE) behind them is left out. `count` is their number, or -1 when one lacks a
// value.
static inline const vix::api::PropertyInput* vix_property_inputs(pTHX_ SSize_t ax, SSize_t from,
                                                                 SSize_t items, SSize_t* count) {
    using vix::api::InputKind;
    const SSize_t given = items - from;
    SV* buffer =
        sv_2mortal(newSV(static_cast<STRLEN>(given / 2 + 1) * sizeof(vix::api::PropertyInput)));
    auto* inputs = reinterpret_cast<vix::api::PropertyInput*>(SvPVX(buffer));
    *count = 0;
    for (SSize_t i = from; i < items; i += 2) {
        const int id = vix_integer_argument(aTHX_ ST(i));
        if (i + 1 == items) {
            if (id != 0) *count = -1;
            break;
        }
        SV* value = ST(i + 1);
        SvGETMAGIC(value);
        const int type = vix::api::property_type(id);
        const bool text = type == 2 || type == 6;  // VIX_PROPERTYTYPE_STRING, _BLOB
        // Perl's own values know no type: what looks like a number is one where one is wanted.
        const bool number = !text && (SvROK(value) || looks_like_number(value) || !SvOK(value) ||
                                      (type == 3 && SvPOK(value) && SvCUR(value) == 0));
        auto& input = inputs[(*count)++];
        input = {id, InputKind::None, 0, {}};
        if (number && (SvOK(value) || type == 3)) {
            input.kind = InputKind::Number;
            input.number = type == 3 ? (SvTRUE_nomg(value) ? 1 : 0) : SvIV_nomg(value);
        } else if (SvOK(value)) {
            const vix_text bytes = vix_text_argument(aTHX_ value);
            input.kind = InputKind::Text;
            input.text = bytes;
        }
    }
    return inputs;
}
