namespace ResearchFreeze.Training;

/// <summary>
/// A data set in its three parts. Training learns from the first, decisions see the second, the third is read once, at the end.
/// </summary>
public sealed class DataSplits
{
    /// <summary>The three parts must have the same sample shape and number of classes.</summary>
    /// <exception cref="DataFormatException">They have not.</exception>
    public DataSplits(string name, HostDataSet train, HostDataSet validation, HostDataSet test)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        (Name, Train, Validation, Test) = (name, train, validation, test);
        CheckAgainstTrain(validation);
        CheckAgainstTrain(test);
    }

    /// <summary>What reports call the data set.</summary>
    public string Name { get; }

    /// <summary>What is learnt from.</summary>
    public HostDataSet Train { get; }

    /// <summary>What decisions are based on.</summary>
    public HostDataSet Validation { get; }

    /// <summary>What the result is measured on, once.</summary>
    public HostDataSet Test { get; }

    /// <summary>The shape of one sample.</summary>
    public int[] SampleShape => Train.SampleShape;

    /// <summary>How many classes there are.</summary>
    public int ClassCount => Train.ClassCount;

    private void CheckAgainstTrain(HostDataSet set)
    {
        if (!set.SampleShape.AsSpan().SequenceEqual(Train.SampleShape))
        {
            throw new DataFormatException(
                set.Name, $"samples of {string.Join(" × ", Train.SampleShape)} as in {Train.Name}", $"samples of {string.Join(" × ", set.SampleShape)}");
        }
        if (set.ClassCount != Train.ClassCount) throw new DataFormatException(set.Name, $"{Train.ClassCount} classes as in {Train.Name}", $"{set.ClassCount}");
    }
}
