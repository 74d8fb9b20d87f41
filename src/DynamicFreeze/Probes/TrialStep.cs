using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A step that is taken back: gradient on the probe batch, the real optimizer's update, and the gradient after it, for statistics to read. Disposing it puts weights, buffers, optimizer and random streams back, bit for
/// bit. Nothing is frozen in it but what the user keeps frozen.
/// </summary>
internal sealed class TrialStep : IDisposable
{
    private readonly ModuleBase model;
    private readonly Optimizer optimizer;
    private readonly TrainingSnapshot before;
    private readonly Dictionary<Parameter, int> places = new(ReferenceEqualityComparer.Instance);
    private readonly List<Tensor> starts = [];
    private readonly Parameter[] frozen;

    public TrialStep(ModuleBase model, Optimizer optimizer, ProbeBatch probe, IReadOnlyList<FreezeUnit> units)
    {
        (this.model, this.optimizer) = (model, optimizer);
        before = new TrainingSnapshot(model, optimizer);
        before.Take();
        foreach (Parameter parameter in model.Parameters())
        {
            places.Add(parameter, starts.Count);
            Tensor start = Tensor.Empty(parameter.Value.Device, parameter.Shape, MemoryKind.Statistic);
            parameter.Value.Device.Copy(parameter.Value.Range, start.Range);
            starts.Add(start);
        }
        frozen = [.. units.SelectMany(unit => unit.Parameters.Where((parameter, i) => parameter.IsFrozen && !unit.IsPinnedFrozen(i)))];
        foreach (Parameter parameter in frozen) parameter.IsFrozen = false;
        using var uncut = new Uncut(units);
        try
        {
            Backward(probe);
            optimizer.Step();
            model.ClearGradients();
            Backward(probe);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>W₁ − W₀, a new tensor.</summary>
    public Tensor Change(Parameter parameter)
    {
        using GradMode.Restore mode = GradMode.Disable();
        return parameter.Value - starts[places[parameter]];
    }

    /// <summary>The gradient after the step; null for what the user keeps frozen.</summary>
    public Tensor? Gradient(Parameter parameter) => parameter.IsFrozen ? null :
        parameter.Grad ?? throw new InvalidOperationException($"Trial step: '{parameter.Path}' has no gradient: the loss does not depend on it.");

    public void Dispose()
    {
        model.ClearGradients();
        foreach (Parameter parameter in frozen) parameter.IsFrozen = true;
        before.Restore();
        optimizer.KeepFrozen();
        before.Dispose();
        foreach (Tensor start in starts) start.Dispose();
    }

    private static void Backward(ProbeBatch probe)
    {
        using var scope = new Scope();
        probe.Loss().Backward();
    }
}
