using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Gradients on the probe batch with each unit's branches cut in turn, beside the true one. Neither weights nor buffers nor random streams are touched; dropout is off.</summary>
internal static class CutGradients
{
    /// <summary>The four numbers of <see cref="CutBias"/> for each unit.</summary>
    public static double[][] Of(ModuleBase model, IReadOnlyList<FreezeUnit> units, ProbeBatch batch)
    {
        using var uncut = new Uncut(units);
        using var buffers = new TensorCopy(model.Buffers().Select(buffer => buffer.Value));
        buffers.Take();
        // In the order of the units: what lies in front of a unit is upstream of it.
        Parameter[] trained = [.. units.SelectMany(unit => unit.Parameters).Where(parameter => !parameter.IsFrozen)];
        var whole = new Tensor?[trained.Length];
        try
        {
            Backward(batch);
            for (int i = 0; i < trained.Length; i++) whole[i] = Taken(trained[i]);
            return [.. units.Select(unit => unit.CanCut ? Of(unit, units, trained, whole, model, batch) : [double.NaN, double.NaN, double.NaN, double.NaN])];
        }
        finally
        {
            model.ClearGradients();
            buffers.Restore();
            foreach (Tensor? gradient in whole) gradient?.Dispose();
        }
    }

    private static double[] Of(FreezeUnit unit, IReadOnlyList<FreezeUnit> units, Parameter[] trained, Tensor?[] whole, ModuleBase model, ProbeBatch batch)
    {
        model.ClearGradients();
        bool before = unit.IsCut;
        unit.SetCut(true);
        try
        {
            // Where all that trains lies upstream of cut branches alone, no gradient is left.
            if (!TryBackward(batch)) return [whole.Sum(Square), whole.Sum(Square), 0, 0];
        }
        finally
        {
            unit.SetCut(before);
        }
        using GradMode.Restore mode = GradMode.Disable();
        var upstream = new HashSet<Parameter>(units.Take(unit.Index).SelectMany(other => other.Parameters), ReferenceEqualityComparer.Instance);
        double norms = 0, difference = 0, product = 0, square = 0, cutSquare = 0;
        for (int i = 0; i < trained.Length; i++)
        {
            double own = Square(whole[i]), cut = Square(trained[i].Grad), both = Product(whole[i], trained[i].Grad);
            norms += Math.Pow(Math.Sqrt(own) - Math.Sqrt(cut), 2);
            difference += Distance(whole[i], trained[i].Grad);
            if (!upstream.Contains(trained[i])) continue;
            (product, square, cutSquare) = (product + both, square + own, cutSquare + cut);
        }
        return [norms, difference, square == 0 ? double.NaN : cutSquare == 0 ? 0 : product / Math.Sqrt(square * cutSquare), square == 0 ? double.NaN : Math.Sqrt(cutSquare / square)];
    }

    private static void Backward(ProbeBatch batch)
    {
        using var scope = new Scope();
        using GradMode.Restore mode = GradMode.Override(parameter => !parameter.IsFrozen);
        batch.Loss().Backward();
    }

    private static bool TryBackward(ProbeBatch batch)
    {
        using var scope = new Scope();
        using GradMode.Restore mode = GradMode.Override(parameter => !parameter.IsFrozen);
        Tensor loss = batch.Loss();
        if (loss.RequiresGrad) loss.Backward();
        return loss.RequiresGrad;
    }

    private static Tensor? Taken(Parameter parameter)
    {
        if (parameter.Grad is not { } gradient) return null;
        Tensor copy = Tensor.Empty(gradient.Device, gradient.Shape, MemoryKind.Statistic);
        gradient.Device.Copy(gradient.Range, copy.Range);
        return copy;
    }

    private static double Square(Tensor? gradient) => Product(gradient, gradient);

    private static double Product(Tensor? left, Tensor? right)
    {
        if (left is null || right is null) return 0;
        using Tensor products = left * right, sum = products.Sum();
        return sum.Item();
    }

    private static double Distance(Tensor? left, Tensor? right)
    {
        if (left is null || right is null) return Square(left ?? right);
        using Tensor change = left - right;
        return Square(change);
    }
}
