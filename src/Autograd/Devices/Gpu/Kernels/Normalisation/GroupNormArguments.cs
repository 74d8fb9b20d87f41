namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="GroupNormShape"/> as a kernel argument.</summary>
internal struct GroupNormArguments
{
    public int Batch, Spatial, Groups, GroupChannels, IsCentered, HasBias, HasState;
    public float Epsilon;

    public static GroupNormArguments Of(in GroupNormShape shape) => new()
    {
        Batch = shape.Batch,
        Spatial = shape.Spatial,
        Groups = shape.Groups,
        GroupChannels = shape.GroupChannels,
        IsCentered = shape.IsCentered ? 1 : 0,
        Epsilon = shape.Epsilon,
    };

    /// <summary>Elements of a (sample, group).</summary>
    public readonly int Size => Spatial * GroupChannels;

    /// <summary>Where element k of (sample, group) is.</summary>
    public readonly int At(int item, int k)
    {
        int sample = item / Groups, group = item - (sample * Groups), pixel = k / GroupChannels;
        return (((sample * Spatial) + pixel) * Groups * GroupChannels) + (group * GroupChannels) + (k - (pixel * GroupChannels));
    }

    /// <summary>The channel of element k of (sample, group).</summary>
    public readonly int Channel(int item, int k) => (item % Groups * GroupChannels) + (k % GroupChannels);
}
