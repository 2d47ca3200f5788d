// Converts between Perl values and the façade's. Only this header sees both.
//
// croak() is a longjmp that skips destructors. So arguments are converted to plain values first,
// while no object with a destructor exists and a tied or overloaded value may still die. After the
// call into the façade only values are made, and that fails only by ending the process.
//
// Text crosses as UTF-8 bytes. A string with Perl's UTF-8 flag is passed as its characters in
// UTF-8; a string without it is passed as its bytes. On the way back the flag is set only where it
// matters: on valid UTF-8 beyond ASCII.
#pragma once

// Before perl.h, because its macros break the standard headers.
#include <pthread.h>
#include <signal.h>

#include <chrono>

#include "api/call_table.h"
#include "api/constants.h"
#include "api/jobs.h"
#include "api/simple.h"

// The order matters, so clang-format must not sort it.
// clang-format off
#define PERL_NO_GET_CONTEXT
#include "EXTERN.h"
#include "perl.h"
#include "XSUB.h"
// clang-format on

// The types to which xs/typemap converts arguments.
typedef int vix_integer;
struct vix_text {
    const char* data;
    std::size_t size;

    operator std::string_view() const noexcept { return {data, size}; }
};

// A number out of range becomes the nearest int, which is no handle and no valid argument.
// Truncated, it could be either.
static inline int vix_integer_argument(pTHX_ SV* value) {
    const IV number = SvIV(value);
    if (SvIsUV(value) || number > INT_MAX) return INT_MAX;
    return number < INT_MIN ? INT_MIN : static_cast<int>(number);
}

// The text is a copy, because converting the next argument may run Perl code that changes this one.
static inline vix_text vix_text_argument(pTHX_ SV* value) {
    SvGETMAGIC(value);
    if (!SvOK(value)) return vix_text{"", 0};
    STRLEN size;
    const char* bytes = SvPV_nomg(value, size);
    SV* copy = sv_2mortal(newSVpvn(bytes, size));
    return vix_text{SvPVX(copy), size};
}

// The arguments of an XSUB from `from` on, in memory that Perl frees. They are fetched one by one,
// because the stack may move when a conversion runs Perl code.
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

// Makes room for the results of an XSUB, which replace its arguments. The XSUB ends with XSRETURN
// of their number.
static inline void vix_make_room(pTHX_ SSize_t ax, std::size_t count) {
    SV** sp = PL_stack_base + ax - 1;
    EXTEND(sp, static_cast<SSize_t>(count));
    PERL_UNUSED_VAR(sp);
}

// Blocks all signals while a call starts: a handler that Perl does not defer may leave by a
// longjmp, and then nobody would end the job. vix_unblock_signals() runs the handlers of those that
// came.
static inline void vix_block_signals(sigset_t* before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

static inline void vix_unblock_signals(const sigset_t* before) {
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

// Sets ($err, $handle).
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::HandleResult& result) {
    vix_make_room(aTHX_ ax, 2);
    ST(0) = sv_2mortal(newSViv(result.error));
    ST(1) = sv_2mortal(newSViv(result.handle));
    return 2;
}

// Sets ($err, $count).
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::CountResult& result) {
    return vix_set_results(aTHX_ ax, vix::api::HandleResult{result.error, result.count});
}

// Sets ($err, @values).
static inline int vix_set_results(pTHX_ SSize_t ax, const vix::api::PropertiesResult& result) {
    int count = 0;
    vix_make_room(aTHX_ ax, result.values.size() + 1);
    ST(count++) = sv_2mortal(newSViv(result.error));
    for (const auto& value : result.values) {
        ST(count++) = sv_2mortal(vix_property_value(aTHX_ value));
    }
    return count;
}

// The pairs of an XSUB's arguments from `from` on, for a property list. An end mark behind them
// (VIX_PROPERTY_NONE) is left out. `count` is the number of pairs, or -1 if one lacks its value.
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
            if (id != vix::api::VIX_PROPERTY_NONE) *count = -1;
            break;
        }
        SV* value = ST(i + 1);
        SvGETMAGIC(value);
        const int type = vix::api::property_type(id);
        const bool truth = type == vix::api::VIX_PROPERTYTYPE_BOOL;
        const bool text =
            type == vix::api::VIX_PROPERTYTYPE_STRING || type == vix::api::VIX_PROPERTYTYPE_BLOB;
        // Perl's values have no type: where a number is wanted, whatever looks like one is a
        // number.
        const bool number = !text && (SvROK(value) || looks_like_number(value) || !SvOK(value) ||
                                      (truth && SvPOK(value) && SvCUR(value) == 0));
        auto& input = inputs[(*count)++];
        input = {id, InputKind::None, 0, {}};
        if (number && (SvOK(value) || truth)) {
            input.kind = InputKind::Number;
            input.number = truth ? (SvTRUE_nomg(value) ? 1 : 0) : SvIV_nomg(value);
        } else if (SvOK(value)) {
            const vix_text bytes = vix_text_argument(aTHX_ value);
            input.kind = InputKind::Text;
            input.text = bytes;
        }
    }
    return inputs;
}
