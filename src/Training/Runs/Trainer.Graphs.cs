using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// Steady steps are recorded once and repeated, where the device takes commands that it does later.
public sealed partial class Trainer
{
    private StepGraphs? graphs;
    private StepKey? stepKey;
    private string? noGraphs;

    /// <summary>Whether steady steps are recorded and repeated. It changes no result, so a run may go on with another choice.</summary>
    /// <exception cref="ArgumentException"><see cref="GraphUse.On"/> was asked for and steps of this run cannot be repeated: when it begins, or behind the step of which it was found; the message says why.</exception>
    public GraphUse Graphs { get; init; }

    /// <summary>Why steps of such a run are not repeated; null: they are, as far as is known before one was taken.</summary>
    /// <param name="parts">The run.</param>
    /// <param name="ranks">How many processes train together.</param>
    public static string? WhyNoGraphs(RunParts parts, int ranks = 1)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (ranks > 1) return "several processes train together";
        if (StepGraphs.WhyNot(parts.Device) is { } device) return device;
        if (parts.Settings.Accumulate > 1) return $"gradients of {parts.Settings.Accumulate} batches are added up for a step";
        return CacheSpec.Parse(parts.Settings.Cache) is null ? null : "a forward cache decides in each step what is computed";
    }

    /// <summary>Finds what <see cref="Run"/> would refuse about <see cref="Graphs"/>, before anything is written.</summary>
    /// <param name="parts">The run.</param>
    /// <param name="use">What is asked for.</param>
    /// <param name="ranks">How many processes train together.</param>
    /// <exception cref="ArgumentException"><see cref="GraphUse.On"/> is asked for, and steps of this run cannot be repeated.</exception>
    public static void CheckGraphs(RunParts parts, GraphUse use, int ranks = 1)
    {
        if (use == GraphUse.On && WhyNoGraphs(parts, ranks) is { } reason) throw new ArgumentException($"Graphs are on, and steps cannot be repeated: {reason}.");
    }

    /// <summary>Begins to record, where steps can be repeated.</summary>
    private void StartGraphs()
    {
        if (Graphs == GraphUse.Off) return;
        int ranks = replica?.Communicator.Size ?? 1;
        CheckGraphs(parts, Graphs, ranks);
        string? reason = WhyNoGraphs(parts, ranks);
        if (reason is null && replica is not null) reason = "gradients are summed in a rank's order";
        if (reason is not null)
        {
            // Nothing is lost where nothing could be won; what a GPU could have saved is said.
            if (parts.Device.IsSynchronous) return;
            noGraphs = reason;
            observer?.Said($"graphs: steps are not repeated as recorded: {reason}");
            return;
        }
        graphs = new StepGraphs(parts.Device, line => observer?.Said($"graphs: {line}"));
        stepKey = new StepKey(parts.Model);
    }

    /// <summary>A whole step, by the code or as recorded: backward pass, statistics, update, gradients dropped. Then what the controller does between steps.</summary>
    /// <returns>The loss, where it is read, and how many steps were applied where the controller found one that was not finite.</returns>
    private (double? Loss, int? Halted) RepeatableStep(Batch batch, double share, bool reads)
    {
        double? loss = null;
        // The loss's weight is an argument of a kernel.
        ReadOnlySpan<long> key = stepKey!.Next(BitConverter.DoubleToInt64Bits(share));
        clock.Start(Phase.Forward);
        try
        {
            using Tensor result = graphs!.Run(key, batch.Tensors, inputs => WholeStep(batch.With(inputs), share), Repeat);
            if (reads)
            {
                using CostScope booking = parts.Device.Counters.For(CostKind.Other);
                loss = result.Item();
            }
        }
        catch
        {
            freeze.Abandon();
            throw;
        }
        clock.Start(Phase.Controller);
        int? halted = AfterStep();
        if (Graphs == GraphUse.On && graphs.Refusals is [string reason, ..]) throw new ArgumentException($"Graphs are on, and steps cannot be repeated: {reason}.");
        return (loss, halted);
    }

    private void Repeat()
    {
        // All of it, the device's part of what follows too: which part takes how long only the device could tell.
        clock.Start(Phase.Repeated);
        freeze.RepeatStep();
    }

    /// <summary>What recording did; null: nothing was to be recorded, as on a CPU.</summary>
    private RunGraphs? GraphsOfRun() => graphs is not null ? RunGraphs.Of(graphs) : noGraphs is { } reason ? RunGraphs.None(parts.Optimizer.StepCount, reason) : null;

    private Tensor WholeStep(Batch batch, double share)
    {
        using var scope = new Scope();
        Tensor loss = parts.Loss(batch);
        Tensor weighted = share == 1 ? loss : loss * share;
        clock.Start(Phase.Backward);
        weighted.Backward();
        clock.Start(Phase.Controller);
        freeze.BeforeStep();
        clock.Start(Phase.Optimizer);
        parts.Optimizer.Step();
        // AfterStep does the same, and a step that is repeated has to have given its memory back.
        parts.Model.ClearGradients();
        return scope.Keep(loss);
    }
}
