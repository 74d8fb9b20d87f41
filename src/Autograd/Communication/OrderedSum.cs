namespace ResearchFreeze.Autograd;

/// <summary>
/// Sums that do not depend on the number of ranks: each part's gradient is computed by itself, and the parts are added in their order, from rank to rank. The first rank adds its parts to the sum as they come; another keeps its parts
/// until the sum of those before arrives, adds them and passes it on; the last one's is everybody's. That takes the place of overlap, and of memory: a gradient for each part.
/// </summary>
internal sealed class OrderedSum(ICommunicator communicator, Device device)
{
    private readonly List<TensorRange[]> parts = [];
    private BucketLayout? layout;
    private bool isDirect;

    /// <summary>A step begins.</summary>
    /// <param name="now">What trains, with memory for the sum.</param>
    /// <param name="count">This rank's parts.</param>
    /// <param name="isOnePassEach">Whether each has one pass in the step: on the first rank nothing then comes between two parts.</param>
    public void Begin(BucketLayout now, int count, bool isOnePassEach)
    {
        isDirect = communicator.Rank == 0 && isOnePassEach;
        int wanted = isDirect ? 0 : count;
        if (layout != now || parts.Count != wanted) Release();
        layout = now;
        while (parts.Count < wanted) parts.Add([.. now.Buckets.Select(bucket => bucket.RentAnother(device))]);
        foreach (Parameter parameter in now.Parameters) parameter.Gradient.Home = default;
        using CostScope booking = device.Counters.For(CostKind.WeightGradient, device.Counters.Unit);
        foreach (GradientBucket bucket in now.Buckets)
        {
            if (communicator.Rank == 0) device.Fill(bucket.Range, 0);
        }
        foreach (TensorRange[] part in parts)
        {
            foreach (TensorRange range in part) device.Fill(range, 0);
        }
    }

    /// <summary>A pass of a part has ended: its gradients are added to the part's.</summary>
    public void Add(int place)
    {
        using CostScope booking = device.Counters.For(CostKind.WeightGradient, device.Counters.Unit);
        for (int i = 0; i < layout!.Parameters.Length; i++)
        {
            Parameter parameter = layout.Parameters[i];
            if (parameter.Grad is not { } gradient) continue;
            using CostScope unit = device.Counters.ForUnit(parameter.Unit);
            device.AddScaled(1, gradient.Range, 1, isDirect ? layout.RangeOf(i) : layout.RangeOf(i, parts[place]));
            parameter.ClearGrad();
        }
    }

    /// <summary>All parts of all ranks, in their order.</summary>
    public void Finish()
    {
        int rank = communicator.Rank, last = communicator.Size - 1;
        GradientBucket[] buckets = layout!.Buckets;
        using CostScope booking = device.Counters.For(CostKind.WeightGradient, device.Counters.Unit);
        for (int b = 0; b < buckets.Length; b++)
        {
            if (rank > 0) communicator.Receive(buckets[b].Range, rank - 1);
            foreach (TensorRange[] part in parts) device.AddScaled(1, part[b], 1, buckets[b].Range);
            if (rank < last) communicator.Send(buckets[b].Range, rank + 1);
        }
        if (last == 0) return;
        foreach (GradientBucket bucket in buckets) communicator.Broadcast(bucket.Range, last);
    }

    public void Release()
    {
        foreach (TensorRange range in parts.SelectMany(part => part)) range.Storage.Release();
        parts.Clear();
        layout = null;
    }
}
