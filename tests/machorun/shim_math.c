/* Mathematics: plain doubles are the same on both systems; long double is double on Darwin. */
#include "guest.h"

#include <math.h>
#include <stdlib.h>

/* Darwin's FP_ numbers: NAN 1, INFINITE 2, ZERO 3, NORMAL 4, SUBNORMAL 5. */
static int guest_fpclassify(double value)
{
	switch (fpclassify(value)) {
	case FP_NAN:
		return 1;
	case FP_INFINITE:
		return 2;
	case FP_ZERO:
		return 3;
	case FP_SUBNORMAL:
		return 5;
	default:
		return 4;
	}
}

static int guest_isnan(double value)
{
	return isnan(value) != 0;
}

static int guest_isfinite(double value)
{
	return isfinite(value) != 0;
}

static int guest_isinf(double value)
{
	return isinf(value) != 0;
}

static int guest_signbit(double value)
{
	return signbit(value) != 0;
}

static double guest_exp10(double value)
{
	return exp10(value);
}

const struct shim shim_math[] = {
	DIRECT(fabs),
	DIRECT(floor),
	DIRECT(ceil),
	DIRECT(round),
	DIRECT(trunc),
	DIRECT(rint),
	DIRECT(nearbyint),
	DIRECT(lround),
	DIRECT(llround),
	DIRECT(lrint),
	DIRECT(llrint),
	DIRECT(sqrt),
	DIRECT(cbrt),
	DIRECT(pow),
	DIRECT(exp),
	DIRECT(exp2),
	DIRECT(log),
	DIRECT(log2),
	DIRECT(log10),
	DIRECT(log1p),
	DIRECT(expm1),
	DIRECT(fmod),
	DIRECT(remainder),
	DIRECT(fmin),
	DIRECT(fmax),
	DIRECT(hypot),
	DIRECT(ldexp),
	DIRECT(scalbn),
	DIRECT(frexp),
	DIRECT(modf),
	DIRECT(sin),
	DIRECT(cos),
	DIRECT(tan),
	DIRECT(asin),
	DIRECT(acos),
	DIRECT(atan),
	DIRECT(atan2),
	DIRECT(copysign),
	DIRECT(nextafter),
	DIRECT(powf),
	DIRECT(sqrtf),
	DIRECT(floorf),
	DIRECT(ceilf),
	DIRECT(roundf),
	DIRECT(fabsf),
	DIRECT(fmodf),
	DIRECT(log2f),
	DIRECT(logf),
	DIRECT(expf),
	SHIM(fabsl, fabs),
	SHIM(floorl, floor),
	SHIM(ceill, ceil),
	SHIM(roundl, round),
	SHIM(powl, pow),
	SHIM(ldexpl, ldexp),
	SHIM(frexpl, frexp),
	SHIM(fmodl, fmod),
	SHIM(log2l, log2),
	SHIM(__exp10, guest_exp10),
	SHIM(__fpclassifyd, guest_fpclassify),
	SHIM(__isnand, guest_isnan),
	SHIM(__isfinited, guest_isfinite),
	SHIM(__isinfd, guest_isinf),
	SHIM(__signbitd, guest_signbit),
	SHIM(isnan, guest_isnan),
	SHIM(isinf, guest_isinf),
	SHIM_END,
};
