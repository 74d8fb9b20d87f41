namespace ResearchFreeze.Autograd;

/// <summary>
/// Normalisation within a sample: x is (batch, spatial, groups·channels of a group), and each (sample, group) is normalised over its spatial·channels elements.
/// Group norm as it is; layer norm with spatial 1 and one group; RMS norm is layer norm that is not centred.
/// </summary>
/// <param name="Batch">Samples (layer norm: rows).</param>
/// <param name="Spatial">Pixels (layer norm: 1).</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="GroupChannels">Channels of a group.</param>
/// <param name="Epsilon">Added to the variance, or to the mean square.</param>
/// <param name="IsCentered">Whether the mean is subtracted; without, the variance is the mean square.</param>
public readonly record struct GroupNormShape(int Batch, int Spatial, int Groups, int GroupChannels, float Epsilon, bool IsCentered)
{
    /// <summary>Channels of all groups.</summary>
    public int Channels => checked(Groups * GroupChannels);

    /// <summary>Elements of x.</summary>
    public int Count => checked(Batch * Spatial * Channels);

    /// <summary>Elements of the state: the mean of each (sample, group), then the reciprocal deviation of each.</summary>
    public int StateCount => checked(2 * Batch * Groups);
}
