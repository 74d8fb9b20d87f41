namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a forward cache has done.</summary>
/// <param name="Read">Samples whose prefix was read, all of it or up to an earlier boundary.</param>
/// <param name="Computed">Samples whose prefix was computed from the input while a part of the model was frozen.</param>
/// <param name="Bytes">Bytes that are kept now.</param>
/// <param name="ReadSeconds">Seconds for reading. On a device that works behind the host's back, they are the host's.</param>
/// <param name="WriteSeconds">Seconds for writing, likewise.</param>
/// <param name="SkippedFlops">Forward operations that were not done.</param>
public sealed record CacheReport(long Read, long Computed, long Bytes, double ReadSeconds, double WriteSeconds, long SkippedFlops)
{
    /// <summary>The sum of two caches' work.</summary>
    public static CacheReport operator +(CacheReport left, CacheReport right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new CacheReport(
            left.Read + right.Read, left.Computed + right.Computed, left.Bytes + right.Bytes, left.ReadSeconds + right.ReadSeconds, left.WriteSeconds + right.WriteSeconds, left.SkippedFlops + right.SkippedFlops);
    }
}
