using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>What is seen while a run trains: a progress bar with loss, validation accuracy and the units' states on a terminal, plain lines elsewhere.</summary>
internal sealed class TrainView : IRunObserver
{
    private readonly IAnsiConsole console;
    private readonly ProgressTask? bar;
    private readonly int epochs;
    private FreezeController? freeze;
    private double loss = double.NaN;
    private double accuracy = double.NaN;
    private int decisions;

    private TrainView(IAnsiConsole console, ProgressTask? bar, int epochs)
    {
        this.console = console;
        this.bar = bar;
        this.epochs = epochs;
    }

    /// <summary>Runs the training with a view that fits the console.</summary>
    public static RunResult Watch(IAnsiConsole console, RunParts parts, Func<IRunObserver, RunResult> train)
    {
        console.WriteLine($"{parts.Settings.Model} on {parts.Data.Name} ({parts.Data.Train.Count} training, {parts.Data.Validation.Count} validation, {parts.Data.Test.Count} test), policy {parts.Settings.PolicyText}, {parts.Device}");
        if (!console.Profile.Capabilities.Interactive || !console.Profile.Out.IsTerminal) return train(new TrainView(console, null, parts.Settings.Epochs));
        return console.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => train(new TrainView(console, context.AddTask("starting", maxValue: parts.TotalSteps), parts.Settings.Epochs)));
    }

    /// <inheritdoc/>
    public void Started(RunParts parts, FreezeController freeze)
    {
        this.freeze = freeze;
        console.WriteLine(freeze.Options.Units.Describe(freeze.Units));
        string[] pinned = [.. freeze.Units.SelectMany(unit => unit.Pinned)];
        if (pinned.Length > 0) console.WriteLine($"set by the user, and left so: {string.Join(", ", pinned)}");
        ShowDecisions();
    }

    /// <inheritdoc/>
    public void Logged(MetricRow row)
    {
        loss = row.TrainLoss ?? loss;
        accuracy = row.ValidationAccuracy ?? accuracy;
        ShowDecisions();
        if (bar is not null)
        {
            bar.Description = Markup.Escape(Line(row));
            return;
        }
        if (row.ValidationAccuracy is not null) console.WriteLine(Line(row));
    }

    /// <inheritdoc/>
    public void Stepped(int step, int epoch) => bar?.Increment(1);

    private string Line(MetricRow row)
    {
        string validation = double.IsNaN(accuracy) ? "" : string.Create(CultureInfo.InvariantCulture, $", validation {accuracy:P1}");
        return string.Create(CultureInfo.InvariantCulture, $"epoch {row.Epoch}/{epochs}, loss {loss:F4}{validation}, frozen {FrozenUnits()}");
    }

    private string FrozenUnits()
    {
        string[] frozen = [.. freeze!.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)];
        return frozen.Length == 0 ? "none" : string.Join(' ', frozen);
    }

    private void ShowDecisions()
    {
        for (; decisions < freeze!.Decisions.Count; decisions++) console.WriteLine(freeze.Decisions[decisions].ToString());
    }
}
