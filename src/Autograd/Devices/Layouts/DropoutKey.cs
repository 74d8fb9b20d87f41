namespace ResearchFreeze.Autograd;

/// <summary>A key for one dropout call: seed and stream name the module, step the call; element i draws Philox(counter = ((first + i) / 4, step), key)[(first + i) mod 4].</summary>
public readonly record struct DropoutKey(ulong Stream, ulong Step, float Probability)
{
    /// <summary>The number of the first element's draw: 0, but where the call has a part of a batch, which draws as it would in the whole. On the CPU and the reference only.</summary>
    public ulong First { get; init; }

    /// <summary>Elements whose integer is below this are dropped.</summary>
    public uint Threshold => (uint)Math.Min(Math.Round(Probability * 4294967296.0), uint.MaxValue);

    /// <summary>What the rest are multiplied with: 1 / (1 − p).</summary>
    public float Scale => 1f / (1f - Probability);
}
