using System.Diagnostics;
using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What is seen while a run trains: on a terminal one live line with the decisions above it, elsewhere a line an epoch.</summary>
internal sealed class TrainView : IRunObserver
{
    private const int MostCells = 12, WidthOfLine = 80;
    private const double SecondsBetween = 0.1;
    private readonly TextWriter writer;
    private readonly LiveLine? live;
    private readonly RunParts parts;
    private readonly int columns;
    private readonly Stopwatch clock = new();
    private FreezeController? freeze;
    private double loss = double.NaN;
    private double primary = double.NaN;
    private double shownAt;
    private int startedAt;
    private int decisions;

    private TrainView(IAnsiConsole console, RunParts parts)
    {
        this.parts = parts;
        writer = console.Profile.Out.Writer;
        columns = console.Profile.Out.IsTerminal ? console.Profile.Width : int.MaxValue;
        if (console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi && console.Profile.Out.IsTerminal) live = new LiveLine(writer, columns);
    }

    /// <summary>Runs the training with a view that fits the console.</summary>
    public static RunResult Watch(IAnsiConsole console, RunParts parts, Func<IRunObserver, RunResult> train)
    {
        var view = new TrainView(console, parts);
        view.Say($"{parts.Settings.Model} on {parts.Data.Name}: {parts.Data.Train.Count} training, {parts.Data.Validation.Count} validation, {parts.Data.Test.Count} test samples");
        foreach (string remark in parts.DataRemarks) view.Say(remark);
        RunSettings how = parts.Settings;
        string length = how.Steps is { } asked ? $"{asked} steps, {parts.StepsAnEpoch} an epoch" : $"{how.Epochs} {(how.Epochs == 1 ? "epoch" : "epochs")} of {parts.StepsAnEpoch} steps";
        view.Say(string.Create(CultureInfo.InvariantCulture, $"{length}, batch {how.BatchSize}, {how.Optimizer}, rate {how.LearningRate}, {how.Schedule}"));
        view.Say($"policy {how.PolicyText}; {parts.Device}");
        if (how.WeightAverage is { } kept) view.Say(string.Create(CultureInfo.InvariantCulture, $"measured and saved: a moving average of the weights that keeps {kept} of itself a step"));
        foreach (string remark in parts.PolicyRemarks) view.Say(remark);
        if (parts.StartedFrom is { } start) view.Say(start);
        try
        {
            return train(view);
        }
        finally
        {
            view.live?.End();
        }
    }

    /// <inheritdoc/>
    public void Started(RunParts parts, FreezeController freeze)
    {
        this.freeze = freeze;
        startedAt = parts.Optimizer.StepCount;
        if (startedAt > 0)
        {
            Say($"goes on after step {startedAt} of {parts.TotalSteps}");
            decisions = freeze.Decisions.Count;
        }
        clock.Start();
        Say(freeze.Options.Units.Describe(freeze.Units));
        if (PinnedIn(freeze.Units) is { } pinned) Say(pinned);
        ShowDecisions();
    }

    /// <inheritdoc/>
    public void Logged(MetricRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        loss = row.TrainLoss ?? loss;
        bool endsAnEpoch = row.ValidationLoss is not null;
        if (endsAnEpoch) primary = parts.Task.Primary.Name == "accuracy" ? row.ValidationAccuracy!.Value : row.Further[parts.Metrics.Where(metric => !metric.IsTable && metric.Name is not ("loss" or "accuracy")).ToList().FindIndex(metric => metric.Name == parts.Task.Primary.Name)];
        ShowDecisions();
        if (live is null && endsAnEpoch)
            Say(string.Create(CultureInfo.InvariantCulture, $"epoch {row.Epoch}/{parts.Epochs}, loss {(double.IsNaN(loss) ? "not measured" : loss.ToString("F4", CultureInfo.InvariantCulture))}, validation {Shown(parts.Task.Primary.Name, primary, "P1")}, frozen {FrozenUnits()}"));
    }

    /// <inheritdoc/>
    public void Warned(string message) => Say($"warning: {message}");

    /// <inheritdoc/>
    public void Said(string line) => Say(line);

    /// <inheritdoc/>
    public void Stepped(int step, int epoch)
    {
        if (live is null || clock.Elapsed.TotalSeconds - shownAt < SecondsBetween) return;
        shownAt = clock.Elapsed.TotalSeconds;
        live.Show(Line(step, parts.TotalSteps, epoch, parts.Epochs, loss, double.IsNaN(primary) ? "" : $"val {Shown(parts.Task.Primary.Name, primary, "P1")}", Cells(), shownAt, startedAt));
    }

    /// <summary>The live line's parts; the lower the rank, the longer they are kept where there is little room.</summary>
    internal static (int Rank, string Text)[] Line(int step, int steps, int epoch, int epochs, double loss, string validation, string cells, double seconds, int startedAt = 0)
    {
        double rate = (step - startedAt) / Math.Max(seconds, 1e-9), left = (steps - step) / Math.Max(rate, 1e-9);
        return
        [
            (1, $"step {step}/{steps}"), (6, $"epoch {epoch}/{epochs}"), (2, double.IsNaN(loss) ? "" : string.Create(CultureInfo.InvariantCulture, $"loss {loss:F3}")),
            (3, validation), (4, cells),
            (7, Time(seconds)), (5, step == 0 ? "" : $"left {Time(left)}"), (8, step == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{rate:G3}/s")),
        ];
    }

    /// <summary>A metric's value: an accuracy in percent, anything else with its name.</summary>
    internal static string Shown(string name, double value, string percent) =>
        double.IsNaN(value) ? "not measured" : name == "accuracy" ? value.ToString(percent, CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{name} {value:G5}");

    /// <summary>What the user has set, in 80 columns: units that are set in whole, and of others how many of their tensors where these are more than two; then how many more such there are. Null: nothing.</summary>
    internal static string? PinnedIn(IReadOnlyList<FreezeUnit> units)
    {
        string[] all = [.. units.SelectMany(unit => unit.Pinned is { Count: > 2 } tensors ? [$"{tensors.Count} of {unit.Parameters.Count} tensors of {unit.Path}"] : unit.Pinned)];
        if (all.Length == 0) return null;
        const string Start = "set by the user, and left so: ";
        int shown = all.Length;
        while (shown > 1 && Text(shown).Length > WidthOfLine) shown--;
        return Text(shown);

        string Text(int count) => $"{Start}{string.Join(", ", all[..count])}{(count < all.Length ? $" and {all.Length - count} more" : "")}";
    }

    /// <summary>A character a unit, or a few units: '#' frozen, '.' trains, '+' some of them.</summary>
    internal static string Cells(IReadOnlyList<bool> frozen)
    {
        int cells = Math.Min(frozen.Count, MostCells);
        return $"[{string.Concat(Enumerable.Range(0, cells).Select(cell =>
        {
            bool[] group = [.. frozen.Skip(cell * frozen.Count / cells).Take(((cell + 1) * frozen.Count / cells) - (cell * frozen.Count / cells))];
            return group.All(unit => unit) ? '#' : group.Any(unit => unit) ? '+' : '.';
        }))}]";
    }

    private static string Time(double seconds) => TimeSpan.FromSeconds(Math.Min(Math.Round(seconds), TimeSpan.MaxValue.TotalSeconds / 2)) is var span && span.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}:{span:mm\\:ss}")
        : string.Create(CultureInfo.InvariantCulture, $"{span:m\\:ss}");

    private string Cells() => Cells([.. freeze!.Units.Select(unit => unit.IsFrozen)]);

    private string FrozenUnits()
    {
        string[] frozen = [.. freeze!.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)];
        return frozen.Length == 0 ? "none" : frozen.Length <= 6 ? string.Join(' ', frozen) : $"{frozen.Length} of {freeze.Units.Count} units";
    }

    private void ShowDecisions()
    {
        for (; decisions < freeze!.Decisions.Count; decisions++) Say(freeze.Decisions[decisions].ToString());
    }

    private void Say(string text)
    {
        IEnumerable<string> lines = WordWrap.Lines("", text, columns, 4);
        if (live is not null) live.Above(lines);
        else foreach (string line in lines) writer.WriteLine(line);
    }
}
