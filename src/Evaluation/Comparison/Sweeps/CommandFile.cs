using System.Globalization;
using System.Text;

namespace ResearchFreeze.Evaluation;

/// <summary>A stage's runs as lines of a shell, for GNU parallel or xargs.</summary>
public static class CommandFile
{
    /// <summary>The name of a stage's file.</summary>
    /// <param name="stage">From 1.</param>
    public static string NameOf(int stage) => FormattableString.Invariant($"sweep-{stage}.txt");

    /// <summary>The files of a plan's stages, in the order in which they are to be run.</summary>
    /// <exception cref="ArgumentException">A path has a line end, which would break a run's line.</exception>
    public static IReadOnlyList<string> Texts(SweepSetting setting, IReadOnlyList<IReadOnlyList<PlannedRun>> stages)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(stages);
        string? broken = ((IEnumerable<string>)[setting.Folder, setting.WorkingFolder, .. setting.Program]).FirstOrDefault(path => path.Contains('\n', StringComparison.Ordinal));
        if (broken is not null) throw new ArgumentException($"'{broken}' has a line end, which a line of a command file cannot hold.");
        return [.. stages.Select((stage, i) => Text(setting, stage, i + 1, stages.Count))];
    }

    private static string Text(SweepSetting setting, IReadOnlyList<PlannedRun> runs, int stage, int stages)
    {
        var text = new StringBuilder();
        // A comment is a line of a shell too.
        text.Append(CultureInfo.InvariantCulture, $"{SweepFile.Mark} stage {stage} of {stages}, a line a run{(stage > 1 ? $"; they need runs of stage {stage - 1}: start it when that one has ended" : "")}\n");
        foreach (PlannedRun run in runs)
        {
            string log = Path.Combine(setting.Folder, SweepSetting.Logs, $"{run.Name}.txt");
            text.Append(CultureInfo.InvariantCulture, $"cd {TrainLine.Shell([setting.WorkingFolder])} && {TrainLine.Shell([.. setting.Program, "sweep", setting.Folder, "--run", run.Name])} >>{TrainLine.Shell([log])} 2>&1\n");
        }
        return text.ToString();
    }
}
