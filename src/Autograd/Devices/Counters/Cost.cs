namespace ResearchFreeze.Autograd;

/// <summary>Work done: launches of primitives, nominal floating-point operations of products (2·M·N·K), bytes read and written,
/// and the least time the roofline allows for that many, Σ max(operations / peak, bytes / bandwidth) in seconds (0 while the rates are unknown).</summary>
public record struct Cost(long Launches, long Flops, long Bytes, double BoundSeconds)
{
    /// <summary>The sum of two costs.</summary>
    public static Cost operator +(Cost a, Cost b) => new(a.Launches + b.Launches, a.Flops + b.Flops, a.Bytes + b.Bytes, a.BoundSeconds + b.BoundSeconds);

    /// <summary>The difference of two costs.</summary>
    public static Cost operator -(Cost a, Cost b) => new(a.Launches - b.Launches, a.Flops - b.Flops, a.Bytes - b.Bytes, a.BoundSeconds - b.BoundSeconds);
}
