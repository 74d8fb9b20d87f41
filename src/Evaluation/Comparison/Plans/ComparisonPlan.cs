using System.Text.Json.Serialization;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>What a comparison runs, as <c>plan.json</c> holds it: written before the first run.</summary>
public sealed record ComparisonPlan
{
    /// <summary>Its file in a comparison's folder.</summary>
    public const string File = "plan.json";

    /// <summary>The folder with the runs' folders.</summary>
    public const string Runs = "runs";

    internal const int CurrentSchema = 1;

    /// <summary>The methods that are compared, full training not among them.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The seeds.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Runs at a time.</summary>
    public required int Jobs { get; init; }

    /// <summary>Steps of full training.</summary>
    public required int Steps { get; init; }

    /// <summary>The task's primary metric.</summary>
    public required string Primary { get; init; }

    /// <summary>Whether more of it is better.</summary>
    public required bool HigherIsBetter { get; init; }

    /// <summary>Whether the loss is a mean negative log-likelihood, in nats: only of those is it known how much matters.</summary>
    public bool LossInNats { get; init; } = true;

    /// <summary>The method that has controls of its own; null: none has.</summary>
    public required string? ControlsOf { get; init; }

    /// <summary>Controls that are not run, each with the reason.</summary>
    public required IReadOnlyList<string> NotRun { get; init; }

    /// <summary>The runs, in their order: all of a seed before the next one.</summary>
    [JsonPropertyName("runs")]
    public required IReadOnlyList<PlannedRun> All { get; init; }

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>The folder of a run.</summary>
    public static string FolderOf(string folder, PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Path.Combine(folder, Runs, run.Name);
    }

    /// <summary>Reads the plan of a comparison's folder.</summary>
    /// <exception cref="FormatException">The file is no plan.</exception>
    /// <exception cref="IOException">There is none, or it cannot be read.</exception>
    public static ComparisonPlan Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path)) throw new FileNotFoundException($"'{folder}' has no comparison: there is no {File}.");
        ComparisonPlan plan = JsonRecord.Read(path, "a comparison's plan", ComparisonJson.Default.ComparisonPlan, CurrentSchema);
        PlannedRun? other = plan.All.FirstOrDefault(run => run.Name.Length == 0 || run.Name != Path.GetFileName(run.Name) || run.Name is "." or "..");
        if (other is not null) throw new FormatException($"'{path}' is not a comparison's plan: '{other.Name}' is no name of a run's folder.");
        var before = new HashSet<string>();
        foreach (PlannedRun run in plan.All)
        {
            if (run.Needs is { } needs && !before.Contains(needs)) throw new FormatException($"'{path}' is not a comparison's plan: '{run.Name}' needs '{needs}', which does not stand before it.");
            if (!before.Add(run.Name)) throw new FormatException($"'{path}' is not a comparison's plan: it has '{run.Name}' twice.");
        }
        return plan;
    }

    /// <summary>Writes it into a comparison's folder.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string folder) => JsonRecord.Write(Path.Combine(folder, File), this, ComparisonJson.Default.ComparisonPlan);

    /// <summary>What differs from another plan, in words; null: nothing but where the folder lies.</summary>
    public string? Difference(ComparisonPlan other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (string What, string Here, string There)[] parts =
        [
            ("methods", string.Join(' ', Methods), string.Join(' ', other.Methods)), ("seeds", string.Join(' ', Seeds), string.Join(' ', other.Seeds)), ("jobs", $"{Jobs}", $"{other.Jobs}"), ("controls of", ControlsOf ?? "none", other.ControlsOf ?? "none"),
        ];
        foreach ((string what, string here, string there) in parts)
        {
            if (here != there) return $"{what} '{here}', there '{there}'";
        }
        foreach ((PlannedRun here, PlannedRun there) in All.Zip(other.All))
        {
            if (here.Name != there.Name) return $"run '{here.Name}', there '{there.Name}'";
            if (here.Difference(there) is { } difference) return difference;
        }
        return All.Count == other.All.Count ? null : $"{All.Count} runs, there {other.All.Count}";
    }

    /// <summary>What another plan has and this one has not, or has otherwise, in words; null: all its runs are runs of this one, which may have more methods, seeds and controls.</summary>
    public string? Lacks(ComparisonPlan other)
    {
        ArgumentNullException.ThrowIfNull(other);
        string[] methods = [.. other.Methods.Except(Methods, StringComparer.Ordinal)];
        ulong[] seeds = [.. other.Seeds.Except(Seeds)];
        if (methods.Length > 0) return $"methods '{string.Join(' ', Methods)}', there '{string.Join(' ', methods)}' too";
        if (seeds.Length > 0) return $"seeds '{string.Join(' ', Seeds)}', there '{string.Join(' ', seeds)}' too";
        if (other.ControlsOf is not null && other.ControlsOf != ControlsOf) return $"controls of '{ControlsOf ?? "none"}', there '{other.ControlsOf}'";
        Dictionary<string, PlannedRun> mine = All.ToDictionary(run => run.Name, StringComparer.Ordinal);
        foreach (PlannedRun there in other.All)
        {
            if (!mine.TryGetValue(there.Name, out PlannedRun? here)) return $"no run '{there.Name}', which is there";
            if (here.Difference(there) is { } difference) return difference;
        }
        return null;
    }
}
