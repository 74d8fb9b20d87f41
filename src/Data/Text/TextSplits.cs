namespace ResearchFreeze.Data;

/// <summary>Texts with a class each in three parts, before it is known how tokens are made of them.</summary>
public sealed class TextSplits : ITextData
{
    /// <summary>The three parts.</summary>
    /// <param name="name">What reports call the data set.</param>
    /// <param name="train">What is learnt from.</param>
    /// <param name="validation">What decisions are based on.</param>
    /// <param name="test">What the result is measured on, once.</param>
    /// <param name="classNames">What the classes are called.</param>
    /// <exception cref="DataFormatException">A part has no sample, a label is out of range, or some samples have two texts and others one.</exception>
    public TextSplits(string name, IReadOnlyList<TextSample> train, IReadOnlyList<TextSample> validation, IReadOnlyList<TextSample> test, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(classNames);
        (Name, Train, Validation, Test, ClassNames) = (name, train, validation, test, classNames);
        foreach ((string part, IReadOnlyList<TextSample> samples) in Parts)
        {
            if (samples.Count == 0) throw new DataFormatException(name, $"at least one {part} text", "none");
            foreach ((int index, TextSample sample) in samples.Index())
            {
                if ((uint)sample.Label >= (uint)classNames.Count) throw new DataFormatException(name, $"labels in [0, {classNames.Count})", $"{sample.Label} at {part} text {index}");
                if (sample.Second is null == HasTwo) throw new DataFormatException(name, HasTwo ? "two texts a sample, as the first has" : "one text a sample, as the first has", $"{(HasTwo ? "one" : "two")} at {part} text {index}");
            }
        }
    }

    /// <summary>What reports call the data set.</summary>
    public string Name { get; }

    /// <summary>What is learnt from.</summary>
    public IReadOnlyList<TextSample> Train { get; }

    /// <summary>What decisions are based on.</summary>
    public IReadOnlyList<TextSample> Validation { get; }

    /// <summary>What the result is measured on, once.</summary>
    public IReadOnlyList<TextSample> Test { get; }

    /// <summary>What the classes are called.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether a sample is two texts.</summary>
    public bool HasTwo => Train[0].Second is not null;

    /// <summary>What was guessed or left out when the texts were read, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How the texts were read; null: nothing was chosen.</summary>
    public string? Reading { get; init; }

    /// <summary>Metrics that results are reported with beside the task's; see <see cref="DataSplits.Metrics"/>.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    private IEnumerable<(string, IReadOnlyList<TextSample>)> Parts => [("training", Train), ("validation", Validation), ("test", Test)];

    /// <inheritdoc/>
    public DataSplits Tokenise(ITokenizer tokenizer, int length)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var encoder = new SampleEncoder(Name, tokenizer, length, HasTwo);
        HostDataSet[] parts = [.. Parts.Select(part => Set(part.Item1, part.Item2))];
        return new DataSplits(Name, parts[0], parts[1], parts[2]) { Remarks = [.. Remarks, .. Repeated("validation", Validation), .. Repeated("test", Test), .. encoder.Remarks(Train.Count + Validation.Count + Test.Count)], Reading = Reading, Metrics = Metrics };

        HostDataSet Set(string part, IReadOnlyList<TextSample> samples) =>
            HostDataSet.FromTokens(encoder.Encode($"{Name}, {part}", samples), [.. samples.Select(sample => sample.Label)], ClassNames.Count, $"{Name}, {part}").WithClassNames(ClassNames);
    }

    /// <summary>What was learnt is told from what is measured.</summary>
    private IEnumerable<string> Repeated(string part, IReadOnlyList<TextSample> samples)
    {
        HashSet<(string, string?)> learnt = [.. Train.Select(sample => (sample.Text, sample.Second))];
        int repeated = samples.Count(sample => learnt.Contains((sample.Text, sample.Second)));
        return repeated > 0 ? [$"{Name}: {repeated} of {samples.Count} {part} texts are training texts too"] : [];
    }
}
