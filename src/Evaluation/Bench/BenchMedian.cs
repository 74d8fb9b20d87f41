namespace ResearchFreeze.Evaluation;

/// <summary>The median of measured times.</summary>
internal static class BenchMedian
{
    /// <summary>Sorts the values on the way.</summary>
    public static double Of(List<double> values)
    {
        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
