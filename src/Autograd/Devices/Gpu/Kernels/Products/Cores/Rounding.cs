using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>What a card's <c>cvt</c> makes of a float32 when it rounds an operand, in integers, so that every device rounds alike. Not a number stays not a number.</summary>
internal static class Rounding
{
    private const uint NotANumber = 0x7FC00000, Infinity = 0x7F800000, Magnitude = 0x7FFFFFFF, LowHalf = 0xFFFF, Tf32Rest = 0x1FFF;

    /// <summary>TF32: ten bits of mantissa, to the nearest, away from zero where two are (<c>cvt.rna.tf32.f32</c>).</summary>
    public static uint ToTf32(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        return (bits & Magnitude) <= Infinity ? (bits + ((Tf32Rest + 1) >> 1)) & ~Tf32Rest : NotANumber;
    }

    /// <summary>bfloat16: seven bits of mantissa, to the nearest, to the even one where two are (<c>cvt.rn.bf16x2.f32</c>); two in a word, the first in the low half.</summary>
    public static uint ToBFloat16(float low, float high) => ToBFloat16(low) | (ToBFloat16(high) << 16);

    /// <summary>The sixteen bits of one.</summary>
    public static uint ToBFloat16(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        return ((bits & Magnitude) <= Infinity ? bits + (LowHalf >> 1) + ((bits >> 16) & 1) : NotANumber) >> 16;
    }
}
