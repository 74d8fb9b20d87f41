namespace ResearchFreeze.DynamicFreeze;

/// <summary>What is known of a published method: what <c>freeze list NAME</c> shows, and what its page under <c>docs/methods</c> is made from. Texts are sentences in Markdown without links.</summary>
public sealed record MethodCard
{
    /// <summary>Its name, as on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>Its name, as in its paper.</summary>
    public required string Title { get; init; }

    /// <summary>What it does, in one line of at most 80 characters.</summary>
    public required string Summary { get; init; }

    /// <summary>Where it was published, and which code was read.</summary>
    public required string Paper { get; init; }

    /// <summary>The formula, a line each.</summary>
    public required IReadOnlyList<string> Formula { get; init; }

    /// <summary>What is frozen or thawed as one, and when.</summary>
    public required string Granularity { get; init; }

    /// <summary>What frozen means there, and here.</summary>
    public required string Frozen { get; init; }

    /// <summary>Where the released code does something else than the paper, a sentence each; empty: it is not known to, or there is none.</summary>
    public IReadOnlyList<string> CodeDiffers { get; init; } = [];

    /// <summary>What is done otherwise here, or left out, and which numbers are not the paper's, a sentence each.</summary>
    public IReadOnlyList<string> Here { get; init; } = [];

    /// <summary>Its settings.</summary>
    public IReadOnlyList<MethodSetting> Settings { get; init; } = [];

    /// <summary>The units that it was published for, by <see cref="UnitDivision.Name"/>; null: whatever units there are.</summary>
    public string? Units { get; init; }

    /// <summary>What it has in place of the learning-rate schedule, in words; null: it leaves the schedule alone.</summary>
    public string? Schedule { get; init; }

    /// <summary>All that there is to say beside the summary: texts under headings, in Markdown.</summary>
    public IEnumerable<(string Heading, string Text)> Details
    {
        get
        {
            yield return ("Paper", Paper);
            foreach (string line in Formula) yield return ("Formula", line);
            yield return ("Granularity", Granularity);
            yield return ("What frozen means", Frozen);
            if (Schedule is not null) yield return ("Stands in for the schedule", Schedule);
            foreach (string line in CodeDiffers) yield return ("Where the released code differs", line);
            foreach (string line in Here) yield return ("Here", line);
            foreach (MethodSetting setting in Settings) yield return ("Settings", $"{setting}: {setting.Meaning}");
        }
    }

    /// <summary>How it is written, with its settings and their defaults.</summary>
    public string Usage => Settings.Count == 0 ? Name : $"{Name}:{string.Join(',', Settings)}";
}
