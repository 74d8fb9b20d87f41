namespace ResearchFreeze.Autograd;

// Between reals and bfloat16.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> BFloat16s =>
    [
        new(Primitive.ToBFloat16, Reads("x"), BFloat16(Writes("y")))
        {
            Kernels = BothWays,
            Tolerance = Exact,
            Cases = RoundTrips,
        },
        new(Primitive.FromBFloat16, BFloat16(Reads("x")), Writes("y"))
        {
            Kernels = BothWays,
            Tolerance = Exact,
            Cases = RoundTrips,
        },
    ];

    /// <summary>The host has no bfloat16, so the cases of one show what the other made.</summary>
    private static string[] BothWays => Kernels(nameof(BFloat16Kernels), nameof(BFloat16Kernels.From), nameof(BFloat16Kernels.To));

    private static void RoundTrips(PrimitiveBench b)
    {
        foreach (int length in b.Lengths) RoundTrip(b, b.Input(length));
        // Ties to even both ways, the largest that does not become infinite and what does, subnormal numbers, signs of zero, and what is no number, also with only its lowest bit set.
        RoundTrip(b, b.Reals(Array.ConvertAll<uint, float>(
            [
                0x3F808000, 0x3F818000, 0x3F808001, 0x3F817FFF, 0xBF808000, 0xBF818000, 0x7F7F7FFF, 0x7F7F8000, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x00000001, 0x00008000, 0x00008001, 0x80018000, 0x007FFFFF,
                0x00000000, 0x80000000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF, 0x7FFF8000, 0xFF808000,
            ],
            BitConverter.UInt32BitsToSingle)));
    }

    private static void RoundTrip(PrimitiveBench b, TensorRange x)
    {
        TensorRange rounded = b.BFloat16(x.Length);
        b.Device.ToBFloat16(x, rounded);
        b.Device.FromBFloat16(rounded, b.Output(x.Length));
    }
}
