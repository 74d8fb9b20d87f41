namespace ResearchFreeze.Autograd;

/// <summary>
/// A named stream of random numbers: its key is a hash of (seed, name), so streams do not shift one another. Drawn on the host in double.
/// </summary>
public sealed class RandomStream
{
    private readonly ulong key;
    private ulong position;

    // Four numbers come of one computation: the last four are kept, whatever the position was set to. No block has this number: a position has two bits more than its block.
    private ulong block = ulong.MaxValue;
    private (uint X, uint Y, uint Z, uint W) numbers;

    /// <summary>The stream of this seed and name, from its beginning.</summary>
    public RandomStream(ulong seed, string name)
    {
        key = KeyOf(seed, name);
    }

    /// <summary>How many 32-bit numbers have been drawn: all the state there is.</summary>
    public ulong Position
    {
        get => position;
        set => position = value;
    }

    /// <summary>FNV-1a over the name, mixed with the seed by SplitMix64's finaliser. Stable across platforms and runs, unlike <see cref="string.GetHashCode()"/>.</summary>
    public static ulong KeyOf(ulong seed, string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
        {
            hash = (hash ^ (byte)c) * 1099511628211;
            hash = (hash ^ (byte)(c >> 8)) * 1099511628211;
        }
        ulong mixed = hash ^ (seed * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>32 random bits.</summary>
    public uint NextUInt32()
    {
        uint lane = (uint)position & 3;
        ulong wanted = position++ >> 2;
        if (wanted != block)
        {
            numbers = Philox.Block(key, 0, wanted);
            block = wanted;
        }
        return lane == 0 ? numbers.X : lane == 1 ? numbers.Y : lane == 2 ? numbers.Z : numbers.W;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble()
    {
        ulong high = NextUInt32() >> 5, low = NextUInt32() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary>Uniform in [0, bound).</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)((NextUInt32() * (ulong)bound) >> 32);
    }

    /// <summary>Standard normal, by Box and Muller's transform (two uniforms a number, so the position stays a plain count).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }
}
