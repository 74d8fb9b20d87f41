namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Where a cache keeps what a frozen prefix gives: at the boundary at which a sample costs least, from measured seconds of stages and of reading; 0, nowhere, where that is no gain. What does not fit the limit is computed.
/// Asked again when the prefix grows, and turned off where reading proves slower than it was measured.
/// </summary>
internal sealed class BoundaryChoice(StageCosts costs, CacheOptions options, long limit)
{
    /// <summary>Batches that are timed before the choice, the first for warming up.</summary>
    public const int Trials = 3;

    // A gain within the noise of the measurement is none.
    private const double LeastGain = 0.05;

    private bool hasChosen;
    private int chosenFor;
    private double read;
    private long bytesRead;

    /// <summary>The boundary; 0: nothing is kept.</summary>
    public int Boundary { get; private set; }

    /// <summary>Seconds to read a byte.</summary>
    private double SecondsPerByte => bytesRead == 0 ? double.NaN : read / bytesRead;

    /// <summary>Whether a prefix of this many stages has a boundary.</summary>
    public bool IsMade(int frozen) => chosenFor == frozen;

    /// <summary>Whether enough was timed to choose one.</summary>
    public bool CanChoose(int frozen) => options.IsForced || (costs.Timed(frozen) >= Trials && bytesRead > 0);

    /// <summary>So many bytes were read in so many seconds.</summary>
    public void Read(long bytes, double seconds)
    {
        bytesRead += bytes;
        read += seconds;
    }

    /// <summary>The next batch is chosen for anew.</summary>
    public void Reconsider() => chosenFor = 0;

    /// <summary>Chooses, and says in a line what by; a choice that does not change is not said.</summary>
    public string? Choose(int frozen, Func<int, string> nameOf)
    {
        int before = Boundary;
        (chosenFor, Boundary) = (frozen, frozen);
        if (options.IsForced) return before == frozen ? null : $"cache: what '{nameOf(frozen)}' gives is kept";
        double full = costs.Seconds(0, frozen), least = full * (1 - LeastGain);
        Boundary = 0;
        for (int boundary = 1; boundary <= frozen; boundary++)
        {
            double seconds = Seconds(boundary, frozen);
            if (seconds < least) (least, Boundary) = (seconds, boundary);
        }
        // That nothing is kept is news the first time, too.
        if (Boundary == before && hasChosen) return null;
        hasChosen = true;
        string work = FormattableString.Invariant($"the frozen part up to '{nameOf(frozen)}' takes {1e6 * full:0} µs a sample");
        return Boundary == 0
            ? $"cache: {(before == 0 ? "nothing is kept" : "switched off")}: {work}, and {WhyNot(frozen, full)}"
            : FormattableString.Invariant($"cache: what '{nameOf(Boundary)}' gives is kept: {work}, {1e6 * least:0} µs with it read");
    }

    /// <summary>Whether what was read since shows that nothing is gained.</summary>
    public bool IsWrong(int frozen) => !options.IsForced && Boundary > 0 && Seconds(Boundary, frozen) > costs.Seconds(0, frozen);

    /// <summary>A limit is told from reading that does not pay: more memory would help.</summary>
    private string WhyNot(int frozen, double full)
    {
        int[] paying = [.. Enumerable.Range(1, frozen).Where(boundary => Read(boundary, frozen) < full * (1 - LeastGain))];
        return paying.Length == 0 ? "reading it is not faster" : FormattableString.Invariant($"no more than {paying.Max(Fits):P1} of the samples fit the limit");
    }

    private double BytesOf(int boundary) => costs.Bytes(boundary) * (options.IsHalf ? 0.5 : 1);

    private double Fits(int boundary) => options.Samples == 0 ? 1 : Math.Min(1, limit / (options.Samples * BytesOf(boundary)));

    /// <summary>What a sample costs that is read.</summary>
    private double Read(int boundary, int frozen) => (BytesOf(boundary) * SecondsPerByte) + costs.Seconds(boundary, frozen);

    private double Seconds(int boundary, int frozen)
    {
        double fits = Fits(boundary);
        return (fits * Read(boundary, frozen)) + ((1 - fits) * costs.Seconds(0, frozen));
    }
}
