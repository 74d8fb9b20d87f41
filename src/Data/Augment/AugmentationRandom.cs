using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// The random numbers of one augmentation of one sample: Philox under the key of (seed, epoch), at the counter (sample id, place in the chain, number). So they depend on no other sample, and one augmentation more or
/// fewer, or drawing more or fewer numbers, shifts no other's. A struct, passed by reference: drawing allocates nothing.
/// </summary>
public struct AugmentationRandom
{
    private readonly ulong key;
    private readonly ulong sample;
    private ulong position;

    /// <summary>The numbers from their beginning.</summary>
    /// <param name="key">Of (seed, epoch): see <see cref="KeyOf"/>.</param>
    /// <param name="sampleId">The sample.</param>
    /// <param name="place">Which augmentation of the chain this is.</param>
    public AugmentationRandom(ulong key, int sampleId, int place) => (this.key, sample, position) = (key, (uint)sampleId, (ulong)(uint)place << 32);

    /// <summary>The key of a (seed, epoch); never 0, which stands for no augmentation.</summary>
    public static ulong KeyOf(ulong seed, int epoch) => Math.Max(1, RandomStream.KeyOf(seed, FormattableString.Invariant($"data/augmentation/{epoch}")));

    /// <summary>32 random bits.</summary>
    public uint NextUInt32() => Philox.Draw(key, sample, position++);

    /// <summary>Uniform in [0, bound).</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)((NextUInt32() * (ulong)bound) >> 32);
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻³².</summary>
    public double NextDouble() => NextUInt32() / 4294967296.0;
}
