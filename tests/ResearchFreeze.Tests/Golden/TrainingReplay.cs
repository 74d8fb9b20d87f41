using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Golden;

/// <summary>The optimizer of a training file; what does not apply is 0.</summary>
internal sealed record OptimizerManifest(
    string Kind, double LearningRate, double Momentum, bool Nesterov, double WeightDecay, double Beta1, double Beta2, double Epsilon);

/// <summary>What gives a file's images again: see <see cref="SeededImages"/>.</summary>
internal sealed record ImagesManifest(int[] Shape, int Classes, ulong Seed, double Strength);

/// <summary>What README.md says about a training file's manifest. Networks for images have the last two.</summary>
internal sealed record TrainingManifest(
    string Name, string Network, string Activation, int Batch, int Steps, int[] RecordedSteps, OptimizerManifest Optimizer, double ClipNorm, string[] Frozen,
    string[] Parameters, string[] Trainable, double[] LossesFloat32, double[] LossesFloat64, double LargestLossDistance, double[] GradientNorms,
    ImagesManifest? Images = null, string[]? Buffers = null);

/// <summary>One training file on one device: single steps from libtorch's own weights and state, and the whole run from its first weights.</summary>
internal sealed class TrainingReplay(GoldenFile<TrainingManifest> file, TrainingManifest manifest, Device device)
{
    public const double LossBound = 1e-5;

    /// <summary>Of the gradient's norm, and of the optimizer state's.</summary>
    public const double GradientBound = 1e-4;

    private const double FactorBound = 1e-6;

    /// <summary>Of the norm of the update, libtorch's weight after minus before.</summary>
    public const double UpdateBound = 1e-4;

    /// <summary>Of the weight's norm, besides: the result is rounded to float32 here and there, half a unit in the last place each.</summary>
    private const double Rounding = 1.0 / (1 << 23);

    private string Where => $"{file.Name} on {device.Name}";

    /// <summary>Every recorded step: loss, gradients, weights and optimizer state after it, each from libtorch's weights and state before it.</summary>
    public void RecordedSteps(GoldenCheck check)
    {
        Assert.Equal([1, 10, 50], manifest.RecordedSteps);
        foreach (int step in manifest.RecordedSteps) RecordedStep(step, check);
    }

    /// <summary>The losses of the whole run from libtorch's first weights, and the weights after it; with the library's optimizer or one on the host.</summary>
    public (double[] Losses, Dictionary<string, double[]> Weights) FreeRun(HostOptimizer? host = null)
    {
        using Sequential model = Model();
        LoadWeights(model, 1);
        using Optimizer optimizer = NewOptimizer(model);
        int rows = manifest.Batch, features = file.Entry("inputs").Shape[^1];
        double[] inputs = file.Values("inputs");
        int[] labels = [.. file.Entry("labels").Integers.Select(label => (int)label)];
        var losses = new double[manifest.Steps];
        for (int i = 0; i < losses.Length; i++)
        {
            using var scope = new Scope();
            Tensor x = Tensor.From(device, inputs.AsSpan(i * rows * features, rows * features), [rows, features]);
            Tensor loss = Loss.CrossEntropy(model.Forward(x), IntTensor.From(device, labels.AsSpan(i * rows, rows)));
            loss.Backward();
            losses[i] = loss.Item();
            if (host is null) optimizer.Step();
            else host.Step(model);
            optimizer.ClearGradients();
        }
        Assert.Null(optimizer.HaltedAfter());
        return (losses, model.Parameters().ToDictionary(parameter => parameter.Path, Networks.Bits));
    }

    private void RecordedStep(int step, GoldenCheck check)
    {
        string prefix = $"step{step}", where = $"{Where}, step {step}";
        using Sequential model = Model();
        LoadWeights(model, step);
        using Optimizer optimizer = NewOptimizer(model);
        // Before its first step libtorch has no state, and neither does a new optimizer here.
        if (step > 1) LoadState(optimizer, step);
        using var scope = new Scope();
        Tensor loss = Loss.CrossEntropy(model.Forward(file.Upload(device, $"{prefix}/inputs")), file.UploadLabels(device, $"{prefix}/labels"));
        loss.Backward();
        check.Scalar("loss", where, file.Scalar($"{prefix}/loss"), loss.Item(), LossBound);
        foreach (Parameter parameter in model.Parameters()) CheckGradient(parameter, prefix, where, check);
        optimizer.Step();
        Assert.Null(optimizer.HaltedAfter());
        double norm = manifest.GradientNorms[step - 1];
        double factor = manifest.ClipNorm == 0 ? 1 : Math.Min(1, manifest.ClipNorm / (norm + 1e-6));
        check.Scalar("clip factor", where, factor, optimizer.LastFactor(), FactorBound * factor);
        foreach (Parameter parameter in model.Parameters()) CheckWeight(parameter, prefix, where, check);
        CheckState(optimizer, step, where, check);
        optimizer.ClearGradients();
    }

    private void CheckGradient(Parameter parameter, string prefix, string where, GoldenCheck check)
    {
        string name = $"{prefix}/gradient/{parameter.Path}";
        Assert.Equal(manifest.Trainable.Contains(parameter.Path), !parameter.IsFrozen);
        Assert.Equal(!parameter.IsFrozen, file.Contains(name));
        if (parameter.IsFrozen) Assert.Null(parameter.Grad);
        else check.Norm("gradient", $"{where}, {parameter.Path}", file.Values(name), Networks.Values(parameter.Grad!), GradientBound);
    }

    private void CheckWeight(Parameter parameter, string prefix, string where, GoldenCheck check)
    {
        double[] before = file.Values($"{prefix}/weight-before/{parameter.Path}"), after = file.Values($"{prefix}/weight-after/{parameter.Path}");
        double[] found = Networks.Bits(parameter);
        where = $"{where}, {parameter.Path}";
        if (parameter.IsFrozen)
        {
            GoldenCheck.Identical($"{where} in libtorch", before, after);
            GoldenCheck.Identical(where, before, found);
            return;
        }
        double update = GoldenCheck.Distance(before, after);
        Assert.True(update > 0, $"{where}: libtorch's weight did not move.");
        check.Distance("weight after", where, after, found, (UpdateBound * update) + (Rounding * GoldenCheck.Norm(after)));
    }

    private void CheckState(Optimizer optimizer, int step, string where, GoldenCheck check)
    {
        var state = new StateTree();
        optimizer.SaveState(state);
        Assert.Equal(step, state.Integer("steps"));
        foreach (string path in manifest.Parameters)
        {
            StateTree branch = state.Branch(path);
            bool trains = manifest.Trainable.Contains(path);
            Assert.Equal(trains ? step : 0, branch.Integer("steps"));
            string[] kinds = StateKinds;
            Assert.Equal(trains ? kinds.Length : 0, branch.Names.Count(name => name.StartsWith("state", StringComparison.Ordinal)));
            for (int i = 0; trains && i < kinds.Length; i++)
                check.Norm($"state {kinds[i]}", $"{where}, {path}", file.Values($"step{step}/state-after/{kinds[i]}/{path}"), branch.Reals($"state{i}"), GradientBound);
        }
    }

    private string[] StateKinds => manifest.Optimizer.Kind == "adamw" ? ["exp_avg", "exp_avg_sq"] : manifest.Optimizer.Momentum == 0 ? [] : ["momentum"];

    private Sequential Model()
    {
        Assert.StartsWith("mlp:", manifest.Network, StringComparison.Ordinal);
        Assert.Equal("relu", manifest.Activation);
        int[] widths = [.. manifest.Network["mlp:".Length..].Split(',').Select(width => int.Parse(width, CultureInfo.InvariantCulture))];
        var layers = new (string, Module)[widths.Length - 1];
        for (int i = 0; i < layers.Length; i++)
        {
            Activation activation = i == layers.Length - 1 ? Activation.None : Activation.Relu;
            layers[i] = (i.ToString(CultureInfo.InvariantCulture), new Linear(widths[i], widths[i + 1], activation: activation));
        }
        var model = new Sequential(layers);
        model.Initialize(device, 1);
        Assert.Equal(manifest.Parameters, model.Parameters().Select(parameter => parameter.Path));
        foreach (string layer in manifest.Frozen) model[int.Parse(layer, CultureInfo.InvariantCulture)].Freeze();
        return model;
    }

    private void LoadWeights(Sequential model, int step)
    {
        foreach (Parameter parameter in model.Parameters()) file.Entry($"step{step}/weight-before/{parameter.Path}").CopyTo(parameter.Value);
    }

    private void LoadState(Optimizer optimizer, int step)
    {
        var state = new StateTree();
        state.Set("kind", optimizer.Key);
        state.Set("settings", "libtorch's");
        state.Set("steps", step - 1);
        foreach (string path in manifest.Parameters)
        {
            StateTree branch = state.Branch(path);
            bool trains = manifest.Trainable.Contains(path);
            branch.Set("steps", trains ? step - 1 : 0);
            branch.Set("rateScale", 1.0);
            branch.Set("settings", "libtorch's");
            string[] kinds = StateKinds;
            for (int i = 0; trains && i < kinds.Length; i++) branch.Set($"state{i}", file.Entry($"step{step}/state-before/{kinds[i]}/{path}"));
        }
        optimizer.LoadState(state, otherSettings: true);
    }

    private Optimizer NewOptimizer(Sequential model)
    {
        OptimizerManifest o = manifest.Optimizer;
        var schedule = new Constant((float)o.LearningRate);
        float decay = (float)o.WeightDecay, clip = (float)manifest.ClipNorm;
        switch (o.Kind)
        {
            case "sgd":
                return new Sgd(model, schedule, (float)o.Momentum, decay, o.Nesterov) { ClipNorm = clip };
            case "adamw":
                return new AdamW(model, schedule, (float)o.Beta1, (float)o.Beta2, (float)o.Epsilon, decay) { ClipNorm = clip };
            default:
                Assert.Fail($"{file.Name}: unknown optimizer '{o.Kind}'.");
                return null!;
        }
    }
}
