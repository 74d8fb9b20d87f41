namespace ResearchFreeze.Autograd;

/// <summary>
/// What batch norms of several ranks need of one another, so that each normalises by the moments of the whole batch: means and variances in the forward pass, the two sums of its gradient in the backward pass. Two small messages and
/// one for each norm; on the CPU. Every rank must have samples.
/// </summary>
public sealed class SynchronisedMoments(ICommunicator ranks)
{
    private float[] own = [];       // kept, so that a step makes no garbage

    /// <summary>How many of the batch's samples this rank has, and how many there are.</summary>
    public (int Own, int All) Samples { get; set; } = (1, ranks.Size);

    /// <summary>The number under which messages are counted; 0: of no unit.</summary>
    public int Unit { get; set; }

    private float Share => Samples.Own / (float)Samples.All;

    /// <summary>This rank's moments become the batch's; gives the batch's shape.</summary>
    internal unsafe BatchNormShape Average(Device device, in BatchNormShape shape, TensorRange mean, TensorRange variance)
    {
        int channels = shape.Channels;
        if (own.Length < channels) own = new float[channels];
        float* means = (float*)device.HostAddress(mean, isWritten: true), variances = (float*)device.HostAddress(variance, isWritten: true);
        for (int c = 0; c < channels; c++) (own[c], means[c]) = (means[c], Share * means[c]);
        Sum(device, mean);
        // Around the common mean: squares of large means would lose what they differ by.
        for (int c = 0; c < channels; c++) variances[c] = Share * (variances[c] + ((own[c] - means[c]) * (own[c] - means[c])));
        Sum(device, variance);
        return shape with { Rows = checked((int)((long)shape.Rows / Samples.Own * Samples.All)) };
    }

    /// <summary>This rank's sums become the batch's, times its part of the rows, by whose number they are divided.</summary>
    internal unsafe void Add(Device device, TensorRange sums)
    {
        Sum(device, sums);
        float* values = (float*)device.HostAddress(sums, isWritten: true);
        for (int i = 0; i < sums.Length; i++) values[i] *= Share;
    }

    private void Sum(Device device, TensorRange range)
    {
        ranks.WaitFor(ranks.StartAllReduce(range));
        device.Counters.Communicated(Unit, 1, (long)range.Length * device.RealSize);
    }
}
