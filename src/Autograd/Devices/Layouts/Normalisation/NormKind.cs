namespace ResearchFreeze.Autograd;

/// <summary>What <see cref="Device.Norm(NormKind, TensorRange, TensorRange, TensorRange)"/> sums.</summary>
public enum NormKind
{
    /// <summary>Σ x².</summary>
    SquaredL2,

    /// <summary>Σ |x|.</summary>
    L1,

    /// <summary>Σ (x − y)².</summary>
    SquaredDistance,
}
