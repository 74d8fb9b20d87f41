namespace ResearchFreeze.Autograd;

/// <summary>Batch normalisation of (rows, channels): a channel's mean and variance over all rows.</summary>
/// <param name="Rows">Batch times pixels.</param>
/// <param name="Channels">The innermost axis.</param>
/// <param name="Epsilon">Added to the variance.</param>
public readonly record struct BatchNormShape(int Rows, int Channels, float Epsilon)
{
    /// <summary>Elements of x.</summary>
    public int Count => checked(Rows * Channels);
}
