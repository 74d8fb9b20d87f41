using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Golden;

/// <summary>What README.md says about a transformer's manifest.</summary>
internal sealed record TransformerManifest(string Name, string Network, OptimizerManifest Optimizer, string[] Frozen, string[] Parameters, double LossFloat64, double LossFloat32, double GradientDistance);

/// <summary>One step of a transformer on one device, from libtorch's weights: outputs, loss, every gradient, and the weights after AdamW, with nothing or with the first half of the units frozen.</summary>
internal sealed class TransformerReplay(GoldenFile<TransformerManifest> file, TransformerManifest manifest, Device device)
{
    private readonly bool isExact = device is ReferenceDevice;

    private double OutputBound => isExact ? 1e-13 : 2e-5;

    private double GradientBound => isExact ? 1e-13 : TrainingReplay.GradientBound;

    /// <summary>Of the whole gradient's norm, besides: the keys' bias has no influence, and a gradient of rounding alone.</summary>
    private double GradientRounding => isExact ? 1e-15 : 1e-7;

    private double UpdateBound => isExact ? 1e-12 : TrainingReplay.UpdateBound;

    /// <summary>Of the weight's norm, besides: it is rounded here and there.</summary>
    private double WeightRounding => isExact ? 1e-15 : 1.0 / (1 << 23);

    /// <summary>The step.</summary>
    /// <param name="frozen">Units that are frozen, from the front: none, or those of the manifest.</param>
    /// <param name="check">Where results are held against libtorch's.</param>
    public void Step(string[] frozen, GoldenCheck check)
    {
        string part = frozen.Length > 0 ? "half" : "full", where = $"{file.Name} on {device.Name}, {part}";
        using var scope = new Scope();
        Batch batch = NewBatch();
        using ModuleBase model = NewModel(batch);
        Assert.Equal(manifest.Parameters, model.Parameters().Select(parameter => parameter.Path));
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model);
        Assert.Equal(manifest.Frozen, units.Take((units.Count + 1) / 2).Select(unit => unit.Path));
        foreach (Parameter parameter in units.Where(unit => frozen.Contains(unit.Path)).SelectMany(unit => unit.Parameters)) parameter.IsFrozen = true;
        foreach (Parameter parameter in model.Parameters()) file.Entry($"weight/{parameter.Path}").CopyTo(parameter.Value);
        OptimizerManifest o = manifest.Optimizer;
        using var optimizer = new AdamW(model, new Constant((float)o.LearningRate), (float)o.Beta1, (float)o.Beta2, (float)o.Epsilon, (float)o.WeightDecay);

        Tensor outputs = ModelSpec.OfBatch(model, batch), loss = Loss.CrossEntropy(outputs, batch.TokenLabels ?? batch.Labels, ignoreIndex: -1);
        loss.Backward();
        check.Elements("output", where, Seen(file.Values("output"), outputs.Shape), Seen(Networks.Values(outputs), outputs.Shape), OutputBound);
        check.Scalar("loss", where, manifest.LossFloat64, loss.Item(), isExact ? 1e-14 : TrainingReplay.LossBound);
        double rounding = GradientRounding * GoldenCheck.Norm([.. manifest.Parameters.Select(path => $"{part}/gradient/{path}").Where(file.Contains).SelectMany(file.Values)]);
        foreach (Parameter parameter in model.Parameters())
        {
            string gradient = $"{part}/gradient/{parameter.Path}";
            Assert.Equal(!parameter.IsFrozen, file.Contains(gradient));
            Assert.Equal(parameter.IsFrozen, parameter.Grad is null);
            if (parameter.IsFrozen) continue;
            double[] expected = file.Values(gradient);
            check.Distance("gradient", $"{where}, {parameter.Path}", expected, Networks.Values(parameter.Grad!), (GradientBound * GoldenCheck.Norm(expected)) + rounding);
        }
        optimizer.Step();
        Assert.Null(optimizer.HaltedAfter());
        // The first step is rate · g / (|g| + ε): a gradient's rounding moves it by at most rate / ε times as much.
        foreach (Parameter parameter in model.Parameters()) CheckWeight(parameter, part, where, o.LearningRate / o.Epsilon * rounding, check);
        optimizer.ClearGradients();
    }

    private void CheckWeight(Parameter parameter, string part, string where, double rounding, GoldenCheck check)
    {
        double[] before = file.Values($"weight/{parameter.Path}"), found = Networks.Bits(parameter);
        where = $"{where}, {parameter.Path}";
        if (parameter.IsFrozen)
        {
            GoldenCheck.Identical(where, before, found);
            return;
        }
        double[] after = file.Values($"{part}/weight-after/{parameter.Path}");
        double update = GoldenCheck.Distance(before, after);
        Assert.True(update > 0, $"{where}: libtorch's weight did not move.");
        check.Distance("weight after", where, after, found, (UpdateBound * update) + (WeightRounding * GoldenCheck.Norm(after)) + rounding);
    }

    /// <summary>Where outputs are of tokens: those of a sequence's own, the others mean nothing.</summary>
    private double[] Seen(double[] outputs, Shape shape)
    {
        if (shape.Rank < 3) return outputs;
        long[] lengths = file.Entry("lengths").Integers;
        return [.. Enumerable.Range(0, outputs.Length).Where(i => i / shape[2] % shape[1] < lengths[i / shape[2] / shape[1]]).Select(i => outputs[i])];
    }

    private ModuleBase NewModel(Batch batch)
    {
        ModelSpec spec = Models.Catalogue().Create(manifest.Network);
        Shape outputs = file.Entry("output").Shape;
        return batch.Tokens is { } tokens
            ? spec.On(device, spec.SampleShape, outputs[^1], 1, tokens: new TokenFormat(file.Entry("weight/embeddings.tokens.weight").Shape[0], tokens.Shape[1], outputs.Rank == 3 ? outputs[^1] : 0))
            : spec.On(device, new Shape(file.Entry("images").Shape.ToArray()[1..]), outputs[^1], 1);
    }

    private Batch NewBatch()
    {
        int n = file.Entry("output").Shape[0];
        int[] ids = [.. Enumerable.Range(0, n)];
        if (file.Contains("images")) return new Batch(file.Upload(device, "images"), file.UploadLabels(device, "labels"), ids);
        bool isOfTokens = file.Entry("labels").Shape.Rank == 2;
        return Batch.OfTokens(Integers("tokens"), Integers("lengths"), isOfTokens ? IntTensor.From(device, new int[n]) : Integers("labels"), ids) with
        {
            Segments = file.Contains("segments") ? Integers("segments") : null,
            TokenLabels = isOfTokens ? Integers("labels") : null,
        };
    }

    private IntTensor Integers(string name) => IntTensor.From(device, [.. file.Entry(name).Integers.Select(value => (int)value)], file.Entry(name).Shape);
}
