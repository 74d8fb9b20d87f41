using System.Text.Json.Serialization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>An atlas as <c>atlas.json</c> holds it: the run, the grid and what all cells have in common. Written before the first run.</summary>
public sealed record AtlasPlan
{
    /// <summary>Its file in an atlas's folder.</summary>
    public const string File = "atlas.json";

    /// <summary>The kind whose cells freeze the first units up to one.</summary>
    public const string Prefixes = "prefixes";

    /// <summary>The kind whose cells freeze one unit alone.</summary>
    public const string Each = "each";

    internal const int CurrentSchema = 1;

    /// <summary>The name of the run that the atlas is of.</summary>
    public required string Run { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The data set.</summary>
    public required string Data { get; init; }

    /// <summary>The seed: all cells have it, and so the same batches in the same order.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The optimizer.</summary>
    public required string Optimizer { get; init; }

    /// <summary>The schedule's rate.</summary>
    public required float LearningRate { get; init; }

    /// <summary>The learning rate's schedule.</summary>
    public required string Schedule { get; init; }

    /// <summary>Samples a batch.</summary>
    public required int Batch { get; init; }

    /// <summary>Steps of a run.</summary>
    public required int Steps { get; init; }

    /// <summary>The task's primary metric.</summary>
    public required string Primary { get; init; }

    /// <summary>What losses are measured on: the test data, which no decision sees.</summary>
    public string HeldOut { get; init; } = "test";

    /// <summary>Checks along full training, at which the statistics were read.</summary>
    public required double Checks { get; init; }

    /// <summary><see cref="Prefixes"/> or <see cref="Each"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The units' paths, from the input.</summary>
    public required IReadOnlyList<string> Units { get; init; }

    /// <summary>The grid's units: each is frozen alone, or with all before it.</summary>
    public required IReadOnlyList<int> Targets { get; init; }

    /// <summary>The grid's steps, ascending.</summary>
    public required IReadOnlyList<int> At { get; init; }

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>The cells, step by step.</summary>
    [JsonIgnore]
    public IReadOnlyList<AtlasCell> Cells => [.. At.SelectMany(step => Targets.Select(unit => CellOf(unit, step)))];

    /// <summary>Reads an atlas's plan.</summary>
    /// <exception cref="FormatException">The file is no plan.</exception>
    /// <exception cref="IOException">There is none, or it cannot be read.</exception>
    public static AtlasPlan Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path)) throw new FileNotFoundException($"'{folder}' has no atlas: there is no {File}.");
        AtlasPlan plan = JsonRecord.Read(path, "an atlas's plan", AtlasJson.Default.AtlasPlan, CurrentSchema);
        string? wrong = plan.Kind is not (Prefixes or Each) ? $"kind '{plan.Kind}', expected {Prefixes} or {Each}"
            : plan.Targets.Count == 0 || plan.Targets.Any(unit => unit < 0 || unit >= plan.Units.Count) ? "its targets are none of its units"
            : plan.At.Count == 0 || plan.At.Any(step => step < 0 || step >= plan.Steps) || plan.At.Zip(plan.At.Skip(1)).Any(pair => pair.First >= pair.Second) ? "its steps do not ascend within the run"
            : null;
        return wrong is null ? plan : throw new FormatException($"'{path}' is not an atlas's plan: {wrong}.");
    }

    /// <summary>Writes it into an atlas's folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder) => JsonRecord.Write(Path.Combine(folder, File), this, AtlasJson.Default.AtlasPlan);

    /// <summary>What differs from another plan, in words; null: nothing.</summary>
    public string? Difference(AtlasPlan other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (string What, string Here, string There)[] parts =
        [
            ("run", Run, other.Run), ("model", Model, other.Model), ("data", Data, other.Data), ("seed", $"{Seed}", $"{other.Seed}"), ("optimizer", Optimizer, other.Optimizer), ("lr", $"{LearningRate}", $"{other.LearningRate}"),
            ("schedule", Schedule, other.Schedule), ("batch", $"{Batch}", $"{other.Batch}"), ("steps of a run", $"{Steps}", $"{other.Steps}"), ("checks", $"{Checks}", $"{other.Checks}"), ("kind", Kind, other.Kind),
            ("units", string.Join(' ', Targets), string.Join(' ', other.Targets)), ("steps", string.Join(' ', At), string.Join(' ', other.At)),
        ];
        foreach ((string what, string here, string there) in parts)
        {
            if (here != there) return $"{what} '{here}', there '{there}'";
        }
        return null;
    }

    /// <summary>A name for what a cell freezes: a unit's path, with <c>…</c> before it where the units before it are frozen too.</summary>
    public string NameOf(int unit) => Kind == Each || unit == 0 ? Units[unit] : $"…{Units[unit]}";

    private AtlasCell CellOf(int unit, int step) => Kind == Each
        ? new AtlasCell($"unit-{unit}-step-{step}", unit, step, Fork.Freeze(step, Units[unit]))
        : new AtlasCell($"prefix-{unit + 1}-step-{step}", unit, step, Fork.FreezePrefix(step, unit + 1));
}
