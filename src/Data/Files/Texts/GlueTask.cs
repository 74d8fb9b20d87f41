namespace ResearchFreeze.Data;

/// <summary>What the files of a task of GLUE have.</summary>
/// <param name="Options">Which columns.</param>
/// <param name="Train">Rows of the published training file.</param>
/// <param name="Dev">Rows of the published development file.</param>
internal sealed record GlueTask(TextOptions Options, int Train, int Dev)
{
    private static readonly TextOptions Tabs = new() { Separator = '\t', Quotes = false, SkipsOddRows = true };

    /// <summary>The development file.</summary>
    public string DevFile { get; private init; } = "dev.tsv";

    /// <summary>A task by name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the known ones.</exception>
    public static GlueTask Of(string task) => task switch
    {
        "cola" => new(Tabs with { Header = false, Text = ["c3"], Label = "c1" }, 8_551, 1_043),
        "mnli" => new(Tabs with { Text = ["sentence1", "sentence2"], Label = "gold_label" }, 392_702, 9_815) { DevFile = "dev_matched.tsv" },
        "mrpc" => new(Tabs with { Text = ["#1 String", "#2 String"], Label = "Quality" }, 3_668, 408),
        "qnli" => new(Tabs with { Text = ["question", "sentence"] }, 104_743, 5_463),
        "qqp" => new(Tabs with { Text = ["question1", "question2"], Label = "is_duplicate" }, 363_846, 40_430),
        "rte" => new(Tabs with { Text = ["sentence1", "sentence2"] }, 2_490, 277),
        "sst2" => new(Tabs with { Text = ["sentence"] }, 67_349, 872),
        "wnli" => new(Tabs with { Text = ["sentence1", "sentence2"] }, 635, 71),
        _ => throw new ArgumentException($"GLUE: task '{task}' is unknown; known are cola, mnli, mrpc, qnli, qqp, rte, sst2 and wnli."),
    };
}
