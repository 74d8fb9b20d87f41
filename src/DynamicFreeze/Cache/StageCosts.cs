namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What each stage costs, learned when it runs: operations a sample, seconds, bytes of its output. Operations are exact for every size that has been seen; of sequences between or beyond these they follow a·L + c·L², as a
/// transformer's do.
/// </summary>
internal sealed class StageCosts(int stages)
{
    private readonly SortedDictionary<int, long>[] flops = [.. Enumerable.Range(0, stages).Select(_ => new SortedDictionary<int, long>())];
    private readonly double[] seconds = new double[stages];
    private readonly long[] timed = new long[stages];
    private readonly long[] bytes = new long[stages];
    private readonly long[] counted = new long[stages];

    /// <summary>How often the last stage that is asked for was timed, the first time apart: it is never typical.</summary>
    public int Timed(int boundary) => (int)timed[boundary - 1];

    /// <summary>A stage ran.</summary>
    /// <param name="stage">Which.</param>
    /// <param name="samples">Samples of the batch.</param>
    /// <param name="length">Tokens of each, 1 where samples are values.</param>
    /// <param name="operations">What it did.</param>
    /// <param name="time">Seconds; NaN: not known.</param>
    /// <param name="output">Bytes of its output.</param>
    public void Ran(int stage, int samples, int length, long operations, double time, long output)
    {
        flops[stage][length] = operations / samples;
        bytes[stage] += output;
        counted[stage] += samples;
        if (double.IsNaN(time)) return;
        // Compiled and packed for the first time.
        if (timed[stage]++ > 0) seconds[stage] += time / samples;
    }

    /// <summary>Seconds of a sample in the stages from one boundary to another, in the mean; NaN where one was not timed yet.</summary>
    public double Seconds(int from, int to)
    {
        double sum = 0;
        for (int stage = from; stage < to; stage++) sum += timed[stage] > 1 ? seconds[stage] / (timed[stage] - 1) : double.NaN;
        return sum;
    }

    /// <summary>Bytes of a sample at a boundary, in the mean.</summary>
    public double Bytes(int boundary) => counted[boundary - 1] == 0 ? double.NaN : bytes[boundary - 1] / (double)counted[boundary - 1];

    /// <summary>Operations of a sample of a length in the stages before a boundary.</summary>
    public long Flops(int boundary, int length)
    {
        long sum = 0;
        for (int stage = 0; stage < boundary; stage++) sum += Flops(flops[stage], length);
        return sum;
    }

    /// <summary>Writes down what is known of the operations of the stages before a boundary.</summary>
    public void Save(int boundary, BinaryWriter writer)
    {
        for (int stage = 0; stage < boundary; stage++)
        {
            writer.Write(flops[stage].Count);
            foreach ((int length, long operations) in flops[stage])
            {
                writer.Write(length);
                writer.Write(operations);
            }
        }
    }

    /// <summary>Reads it; what was seen here stays.</summary>
    /// <param name="boundary">Behind the last stage.</param>
    /// <param name="reader">The list.</param>
    /// <param name="isOfModel">Whether the list is of these stages: it is read in any case.</param>
    public void Load(int boundary, BinaryReader reader, bool isOfModel)
    {
        for (int stage = 0; stage < boundary; stage++)
        {
            for (int i = reader.ReadInt32(); i > 0; i--)
            {
                (int length, long operations) = (reader.ReadInt32(), reader.ReadInt64());
                if (isOfModel) flops[stage].TryAdd(length, operations);
            }
        }
    }

    private static long Flops(SortedDictionary<int, long> known, int length)
    {
        if (known.Count == 0) return 0;
        if (known.TryGetValue(length, out long exact)) return exact;
        (int shortest, long least) = known.First();
        (int longest, long most) = known.Last();
        if (known.Count == 1) return (long)Math.Round(least * (length / (double)shortest));
        double atShortest = least / (double)shortest, atLongest = most / (double)longest, square = (atLongest - atShortest) / (longest - shortest);
        return (long)Math.Round((atShortest + (square * (length - shortest))) * length);
    }
}
