using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Training met a number that is not finite. Nothing was updated from that step on.</summary>
/// <param name="Step">The step, counted from 1.</param>
/// <param name="Unit">The first unit that went bad, or <c>input</c>.</param>
/// <param name="What">What was not finite there.</param>
public sealed record NonFinite(int Step, string Unit, string What)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"step {Step}: {What} of {Unit} is not finite; training stopped with the weights before that step";

    /// <summary>Runs a batch of a step again, unit by unit, to find what went bad; null if nothing did. Changes nothing.</summary>
    internal static NonFinite? Find(int step, RunParts parts, IReadOnlyList<FreezeUnit> units, Batch batch)
    {
        ModuleBase model = parts.Model;
        using var scope = new Scope();
        using var buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        try
        {
            return Search(step, parts, units, batch);
        }
        finally
        {
            model.ClearGradients();
            buffers.Restore();
        }
    }

    private static NonFinite? Search(int step, RunParts parts, IReadOnlyList<FreezeUnit> units, Batch batch)
    {
        ModuleBase model = parts.Model;
        foreach (Parameter parameter in model.Parameters())
        {
            if (!IsFinite(parameter.Value)) return new NonFinite(step, UnitOf(units, parameter), $"weight '{parameter.Path}'");
        }
        if (batch.Tokens is null && !IsFinite(batch.Inputs)) return new NonFinite(step, "input", "a value");
        if (batch.Targets is { } targets && !IsFinite(targets)) return new NonFinite(step, "targets", "a value");
        // A chain's modules one by one; of another model no more is known than that its outputs went bad.
        string? bad = null;
        Tensor outputs;
        if (model is Sequential chain)
        {
            Action<Module, Tensor>? observer = chain.OutputObserver;
            chain.OutputObserver = (module, output) => bad ??= IsFinite(output) ? null : module.Path;
            try
            {
                outputs = parts.Forward(batch);
            }
            finally
            {
                chain.OutputObserver = observer;
            }
        }
        else
        {
            outputs = parts.Forward(batch);
            if (!IsFinite(outputs)) bad = "the model";
        }
        if (bad is not null) return new NonFinite(step, bad, "the output");
        Tensor loss = parts.Task.Loss(outputs, batch);
        if (!IsFinite(loss)) return new NonFinite(step, "loss", "the value");
        loss.Backward();
        // The gradient travels from the last unit to the first: the last one that is bad is where it began.
        float squares = 0;
        foreach (Parameter parameter in model.Parameters().Reverse())
        {
            if (parameter.Grad is not { } gradient) continue;
            if (!IsFinite(gradient)) return new NonFinite(step, UnitOf(units, parameter), $"the gradient of '{parameter.Path}'");
            // A step is also refused where the sum of all squares overflows.
            squares += (float)gradient.ToArray().Sum(value => value * (double)value);
            if (!float.IsFinite(squares)) return new NonFinite(step, UnitOf(units, parameter), $"the gradient's square sum of '{parameter.Path}'");
        }
        return null;
    }

    private static string UnitOf(IReadOnlyList<FreezeUnit> units, Parameter parameter) =>
        units.First(unit => unit.Parameters.Contains(parameter)).Path;

    private static bool IsFinite(Tensor tensor) => tensor.ToArray().All(float.IsFinite);
}
