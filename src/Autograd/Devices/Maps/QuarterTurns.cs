namespace ResearchFreeze.Autograd;

/// <summary>How many quarters of a turn an angle in radians is, and what is left of it: for sine and cosine in float32.</summary>
internal static class QuarterTurns
{
    /// <summary>2/π.</summary>
    public const float PerRadian = 0.636619772f;

    /// <summary>π/2 in three parts: up to <see cref="Large"/>, a number of quarters times the first two is exact (Cephes).</summary>
    public const float High = 1.5703125f, Middle = 4.837512969970703125e-4f, Low = 7.54978995489188216e-8f;

    /// <summary>From here on the three parts are too short.</summary>
    public const float Large = 8192f;

    /// <summary>The same for large angles, by as many bits of 2/π as matter (Payne and Hanek 1983).</summary>
    /// <param name="bits">A finite float of at least <see cref="Large"/>, its bits.</param>
    /// <param name="quarters">The nearest number of quarters, modulo 4.</param>
    /// <returns>The rest in radians, −π/4 to π/4; meaningless where the float is not finite.</returns>
    public static float RestOfLarge(uint bits, out int quarters)
    {
        // x = mantissa·2^exponent; of x·2/π modulo 4, bits of 2/π before this one give multiples of 4.
        uint mantissa = (bits & 0x007FFFFFu) | 0x00800000u;
        int exponent = (int)(bits >> 23) - 150, first = exponent + 30, word = first / 32, shift = first % 32;
        ulong high = Word(word, shift), middle = Word(word + 1, shift), low = Word(word + 2, shift);
        ulong turns = ((mantissa * high) << 32) + (mantissa * middle) + ((mantissa * low) >> 32);
        // Two bits of quarters, then 62 of the fraction: at a half the next quarter is nearer.
        long fraction = (long)(turns << 2);
        quarters = (int)(turns >> 62) + (fraction < 0 ? 1 : 0);
        return fraction * 8.5153003e-20f;                                   // π/2·2^−64
    }

    /// <summary>32 bits of 2/π from a place on; the first word has the 32 zeros before the point.</summary>
    private static ulong Word(int word, int shift)
    {
        ulong both = ((ulong)Part(word) << 32) | Part(word + 1);
        return (both >> (32 - shift)) & 0xFFFFFFFFul;
    }

    // No array: a GPU kernel has none.
    private static uint Part(int word) =>
        word switch { 0 => 0u, 1 => 0xA2F9836Eu, 2 => 0x4E441529u, 3 => 0xFC2757D1u, 4 => 0xF534DDC0u, 5 => 0xDB629599u, 6 => 0x3C439041u, _ => 0xFE5163ABu };
}
