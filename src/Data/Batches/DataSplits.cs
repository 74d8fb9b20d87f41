namespace ResearchFreeze.Data;

/// <summary>
/// A data set in its three parts. Training learns from the first, decisions see the second, the third is read once, at the end.
/// </summary>
public sealed partial class DataSplits
{
    // Classes that a description names.
    private const int MostShown = 12;

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

    /// <summary>What was guessed or left out when the data was read, a line each: what somebody should see who trains on it.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How the data was read, as "150 rows; columns a, b; left out: id"; null: nothing was chosen.</summary>
    public string? Reading { get; init; }

    /// <summary>Metrics that its results are reported with beside the task's, by their names in the catalogue: where classes differ in size accuracy alone says little. They are measured without being asked for.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>
    /// The data in one line: the name, how it was read, the samples of each part with their shape, and the classes with how many samples of all parts each has; of many classes the first ones and the extremes.
    /// </summary>
    public string Description
    {
        get
        {
            var counts = new int[ClassCount];
            foreach (HostDataSet part in (HostDataSet[])[Train, Validation, Test])
            {
                foreach (int label in part.Labels) counts[label]++;
            }
            string[] shown = [.. counts.Take(counts.Length > MostShown ? MostShown - 2 : MostShown).Select((count, label) => $"{Train.ClassNames?[label] ?? $"{label}"} {count}")];
            string rest = counts.Length == shown.Length ? "" : $", and {counts.Length - shown.Length} more of {counts[shown.Length..].Min()} to {counts[shown.Length..].Max()}";
            string reading = Reading is null ? "" : $"{Reading}; ";
            string parts = $"{Name}: {reading}{Train.Count} training, {Validation.Count} validation, {Test.Count} test samples of {Train.ShapeText}";
            if (Train.TokenClassCount > 0) return $"{parts}; {Train.TokenClassCount} classes a token";
            if (Train.TargetCount > 0)
            {
                string targets = Train.TargetNames is { } names ? $": {string.Join(", ", names.Take(MostShown))}{(names.Count > MostShown ? ", …" : "")}" : "";
                return $"{parts}; {Train.TargetCount} target{(Train.TargetCount == 1 ? "" : "s")}{targets}";
            }
            return $"{parts}; {ClassCount} class{(ClassCount == 1 ? "" : "es")}: {string.Join(", ", shown)}{rest}";
        }
    }

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

    /// <summary>The samples of these classes only, in all three parts; <c>classes[i]</c> becomes class i.</summary>
    /// <exception cref="DataFormatException">A class is none of the set's, is given twice, or a part has no sample of any of them.</exception>
    public DataSplits WithClasses(params int[] classes) => With(part => part.WithClasses(classes));

    /// <summary>The same samples, all three parts normalised with these constants.</summary>
    /// <exception cref="DataFormatException">There are constants for another number of channels.</exception>
    public DataSplits WithNormalisation(Normalisation normalisation) => With(part => part.WithNormalisation(normalisation));

    /// <summary>The same samples, the targets of all three parts normalised with these constants.</summary>
    /// <exception cref="DataFormatException">There are no targets, or constants for another number of them.</exception>
    public DataSplits WithTargetNormalisation(Normalisation normalisation) => With(part => part.WithTargetNormalisation(normalisation));

    /// <summary>The same samples with names for their classes.</summary>
    /// <exception cref="DataFormatException">There are not as many names as classes.</exception>
    public DataSplits WithClassNames(IReadOnlyList<string> names) => With(part => part.WithClassNames(names));

    internal DataSplits WithReading(string reading) => new(Name, Train, Validation, Test) { Remarks = Remarks, Reading = reading, Metrics = Metrics };

    private DataSplits With(Func<HostDataSet, HostDataSet> change) => new(Name, change(Train), change(Validation), change(Test)) { Remarks = Remarks, Reading = Reading, Metrics = Metrics };

    private void CheckAgainstTrain(HostDataSet set)
    {
        if (set.VocabularySize != Train.VocabularySize) throw new DataFormatException(set.Name, Train.IsTokens ? $"token ids of a vocabulary of {Train.VocabularySize} as in {Train.Name}" : $"values as in {Train.Name}", set.IsTokens ? $"ids of one of {set.VocabularySize}" : "values");
        if (!set.SampleShape.AsSpan().SequenceEqual(Train.SampleShape))
        {
            throw new DataFormatException(
                set.Name, $"samples of {Train.ShapeText} as in {Train.Name}", $"samples of {set.ShapeText}");
        }
        if (set.TargetCount != Train.TargetCount) throw new DataFormatException(set.Name, $"{Train.TargetCount} targets as in {Train.Name}", $"{set.TargetCount}");
        if (set.TokenClassCount != Train.TokenClassCount) throw new DataFormatException(set.Name, $"{Train.TokenClassCount} classes a token as in {Train.Name}", $"{set.TokenClassCount}");
        if (set.HasTwoTexts != Train.HasTwoTexts) throw new DataFormatException(set.Name, $"{(Train.HasTwoTexts ? "two texts" : "one text")} a sample as in {Train.Name}", set.HasTwoTexts ? "two" : "one");
        if (set.HasSegments != Train.HasSegments) throw new DataFormatException(set.Name, $"{(Train.HasSegments ? "" : "no ")}segments of two texts as in {Train.Name}", set.HasSegments ? "some" : "none");
        if (set.ClassCount != Train.ClassCount) throw new DataFormatException(set.Name, $"{Train.ClassCount} classes as in {Train.Name}", $"{set.ClassCount}");
    }
}
