using System.Text;
using System.Text.Json.Serialization;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What a trained model takes and gives, as <c>data.json</c> holds it: enough to predict without the data that it was trained on.</summary>
public sealed record RunData
{
    /// <summary>The version of the form in which it is written.</summary>
    internal const int CurrentSchema = 1;

    /// <summary>What the data set is called.</summary>
    public required string Name { get; init; }

    /// <summary>The shape of one sample: (features), (height, width) or (height, width, channels); of token ids (length), the most of a sample.</summary>
    public required IReadOnlyList<int> SampleShape { get; init; }

    /// <summary>How many classes there are.</summary>
    public required int Classes { get; init; }

    /// <summary>What the classes are called; null: by their numbers.</summary>
    public required IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Whether stored values are bytes, which count as value / 255.</summary>
    public required bool Bytes { get; init; }

    /// <summary>What is subtracted from a value, a number a channel or one for all; null: values are used as they are.</summary>
    public required IReadOnlyList<double>? Means { get; init; }

    /// <summary>What the difference is divided by; null: values are used as they are.</summary>
    public required IReadOnlyList<double>? Deviations { get; init; }

    /// <summary>How many numbers are predicted of a sample; 0: classes are.</summary>
    public int Targets { get; init; }

    /// <summary>What the numbers are called; null: by their places.</summary>
    public IReadOnlyList<string>? TargetNames { get; init; }

    /// <summary>Mean of each target: a prediction is an output times the deviation, plus the mean; null: it is the output.</summary>
    public IReadOnlyList<double>? TargetMeans { get; init; }

    /// <summary>Deviation of each target.</summary>
    public IReadOnlyList<double>? TargetDeviations { get; init; }

    /// <summary>What the values of a sample are called, where they are columns of a table; null: they go by their places.</summary>
    public IReadOnlyList<string>? InputNames { get; init; }

    /// <summary>How many token ids there are; 0: samples are values.</summary>
    public int Vocabulary { get; init; }

    /// <summary>How many texts a sample is; 0: samples are values, or it is not known.</summary>
    public int Texts { get; init; }

    /// <summary>Classes of a token's label; 0: labels are of samples.</summary>
    public int TokenClasses { get; init; }

    /// <summary>SHA-256 of the training samples where they are token ids; null: they are values, which mean and deviation are known of.</summary>
    public string? TokenHash { get; init; }

    /// <summary>What makes the tokens: <c>bytes</c>, or a file of the run's folder; null: samples are values, or it is not known.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>What the folder of a pretrained model said of it; null: the model's name says all.</summary>
    public string? ModelConfig { get; init; }

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>How the stored values become inputs; null: they are used as they are.</summary>
    [JsonIgnore]
    public Normalisation? Normalisation => Means is null || Deviations is null ? null : new Normalisation([.. Means], [.. Deviations]);

    /// <summary>That of a data set.</summary>
    public static RunData Of(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Of(data.Name, data.Train);
    }

    /// <summary>How many outputs the model has.</summary>
    [JsonIgnore]
    public int Outputs => Targets > 0 ? Targets : TokenClasses > 0 ? TokenClasses : Classes;

    /// <summary>How the stored targets become those of training; null: they are used as they are.</summary>
    [JsonIgnore]
    public Normalisation? TargetNormalisation => TargetMeans is null || TargetDeviations is null ? null : new Normalisation([.. TargetMeans], [.. TargetDeviations]);

    /// <summary>What a number that is predicted is called.</summary>
    public string TargetNameOf(int target) => TargetNames is { } names ? names[target] : Targets == 1 ? "value" : FormattableString.Invariant($"value{target}");

    /// <summary>What a class is called.</summary>
    public string NameOf(int label) => ClassNames is { } names ? names[label] : FormattableString.Invariant($"{label}");

    /// <summary>What of other data differs from these, in words; null: nothing that is known. The name is no part of them, since a file may have been moved, nor are names of inputs that were not written yet.</summary>
    internal string? Difference(RunData other)
    {
        if (Vocabulary != other.Vocabulary || TokenClasses != other.TokenClasses || TokenHash != other.TokenHash) return "the samples' tokens";
        if (Bytes != other.Bytes || !Same(SampleShape, other.SampleShape) || (InputNames is not null && !Same(InputNames, other.InputNames))) return "the samples";
        if (Classes != other.Classes || !Same(ClassNames, other.ClassNames) || Targets != other.Targets || !Same(TargetNames, other.TargetNames)) return "the classes or targets";
        if (!Same(Means, other.Means) || !Same(Deviations, other.Deviations)) return "mean and deviation of the training samples";
        return Same(TargetMeans, other.TargetMeans) && Same(TargetDeviations, other.TargetDeviations) ? null : "mean and deviation of the targets";

        static bool Same<T>(IReadOnlyList<T>? ours, IReadOnlyList<T>? theirs) => ours is null ? theirs is null : theirs is not null && ours.SequenceEqual(theirs);
    }

    /// <summary>That of a set that is trained on.</summary>
    internal static RunData Of(string name, HostDataSet train) => new()
    {
        Name = name,
        SampleShape = train.SampleShape,
        Classes = train.ClassCount,
        ClassNames = train.ClassNames,
        Bytes = train.IsBytes,
        Means = train.Normalisation?.Means,
        Deviations = train.Normalisation?.Deviations,
        Targets = train.TargetCount,
        TargetNames = train.TargetNames,
        TargetMeans = train.TargetNormalisation?.Means,
        TargetDeviations = train.TargetNormalisation?.Deviations,
        InputNames = train.InputNames,
        Vocabulary = train.VocabularySize,
        Texts = train.IsTokens ? train.HasTwoTexts ? 2 : 1 : 0,
        TokenClasses = train.TokenClassCount,
        TokenHash = train.TokenHash(),
        Tokenizer = train.Tokenizer switch { null => null, ByteVocabulary => TextTokenizers.Bytes, _ => RunFiles.Tokenizer },
    };

    /// <summary>Writes it into a run's folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Write(string folder) => JsonRecord.Write(Path.Combine(folder, RunFiles.Data), this, RunJson.Default.RunData);

    /// <summary>Writes that of a set that is trained on, with its tokenizer where it has one that can be written.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Write(string folder, string name, HostDataSet train, string? modelConfig)
    {
        RunData data = Of(name, train) with { ModelConfig = modelConfig };
        if (data.Tokenizer == RunFiles.Tokenizer)
        {
            // First: what the other file names is there.
            if (train.Tokenizer!.ToJson() is { } json) AtomicFile.Write(Path.Combine(folder, RunFiles.Tokenizer), stream => stream.Write(Encoding.UTF8.GetBytes(json)));
            else data = data with { Tokenizer = null };
        }
        data.Write(folder);
    }

    /// <summary>The tokenizer that made the samples; null: samples are values, or it is not known.</summary>
    /// <exception cref="IOException">Its file is missing or damaged.</exception>
    internal ITokenizer? OpenTokenizer(string folder) => Tokenizer switch { null => null, TextTokenizers.Bytes => new ByteVocabulary(), _ => TextTokenizers.OpenFile(Path.Combine(folder, RunFiles.Tokenizer)) };
}
