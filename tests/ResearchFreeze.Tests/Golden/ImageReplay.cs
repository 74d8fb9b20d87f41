using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Golden;

/// <summary>One training file of a network for images on one device: single steps from libtorch's own weights and running moments, and the whole run from its first ones.</summary>
internal sealed class ImageReplay
{
    /// <summary>Of a buffer's norm.</summary>
    private const double BufferBound = 1e-5;

    /// <summary>After this step of a free run the running moments are compared.</summary>
    private const int BuffersAfter = 10;

    private readonly GoldenFile<TrainingManifest> file;
    private readonly TrainingManifest manifest;
    private readonly Device device;
    private readonly FrozenNormalisation frozen;
    private readonly SeededImages images;
    private readonly Shape batch;

    public ImageReplay(GoldenFile<TrainingManifest> file, TrainingManifest manifest, Device device, FrozenNormalisation frozen = FrozenNormalisation.Eval)
    {
        this.file = file;
        this.manifest = manifest;
        this.device = device;
        this.frozen = frozen;
        ImagesManifest description = manifest.Images ?? throw new FormatException($"Golden file '{file.Name}' is not about images.");
        images = new SeededImages(description, manifest.Steps, manifest.Batch);
        batch = new Shape([manifest.Batch, .. description.Shape]);
    }

    /// <summary>Every recorded step: loss, gradients and running moments after it, each from libtorch's weights and running moments before it.</summary>
    public void RecordedSteps(GoldenCheck check)
    {
        Assert.Equal([1, 10, 50], manifest.RecordedSteps);
        CheckImages();
        foreach (int step in manifest.RecordedSteps) RecordedStep(step, check);
    }

    /// <summary>The losses of the whole run from libtorch's first weights, and the running moments after ten steps.</summary>
    public (double[] Losses, Dictionary<string, double[]> Buffers) FreeRun()
    {
        CheckImages();
        using Sequential model = Model(1);
        OptimizerManifest o = manifest.Optimizer;
        Assert.Equal("sgd", o.Kind);
        Assert.Equal(0, manifest.ClipNorm);
        using var optimizer = new Sgd(model, new Constant((float)o.LearningRate), (float)o.Momentum, (float)o.WeightDecay, o.Nesterov);
        var losses = new double[manifest.Steps];
        Dictionary<string, double[]> buffers = [];
        for (int step = 1; step <= losses.Length; step++)
        {
            using var scope = new Scope();
            losses[step - 1] = Backward(model, step);
            optimizer.Step();
            optimizer.ClearGradients();
            if (step == BuffersAfter) buffers = model.Buffers().ToDictionary(buffer => buffer.Path, buffer => Networks.Values(buffer.Value));
        }
        Assert.Null(optimizer.HaltedAfter());
        return (losses, buffers);
    }

    private void CheckImages()
    {
        Assert.Equal(file.Entry("labels").Integers.Select(label => (int)label), images.Labels);
        double[] sums = file.Values("inputs-sum");
        for (int step = 1; step <= manifest.Steps; step++) Assert.Equal(sums[step - 1], images.Step(step).ToArray().Sum(), 1e-9);
    }

    private void RecordedStep(int step, GoldenCheck check)
    {
        string prefix = $"step{step}", where = $"{file.Name} on {device.Name}, step {step}";
        using Sequential model = Model(step);
        using var scope = new Scope();
        double loss = Backward(model, step);
        check.Scalar("loss", where, file.Scalar($"{prefix}/loss"), loss, TrainingReplay.LossBound);
        foreach (Parameter parameter in model.Parameters())
        {
            string name = $"{prefix}/gradient/{parameter.Path}";
            Assert.Equal(manifest.Trainable.Contains(parameter.Path), !parameter.IsFrozen);
            Assert.Equal(!parameter.IsFrozen, file.Contains(name));
            if (parameter.IsFrozen) Assert.Null(parameter.Grad);
            else check.Norm("gradient", $"{where}, {parameter.Path}", file.Values(name), Networks.Values(parameter.Grad!), TrainingReplay.GradientBound);
        }
        foreach (ModuleBuffer buffer in model.Buffers())
        {
            double[] before = file.Values($"{prefix}/buffer-before/{buffer.Path}"), after = file.Values($"{prefix}/buffer-after/{buffer.Path}"), found = Networks.Values(buffer.Value);
            string at = $"{where}, {buffer.Path}";
            if (IsFrozen(buffer.Path))
            {
                GoldenCheck.Identical($"{at} in libtorch", before, after);
                GoldenCheck.Identical(at, before, found);
                continue;
            }
            Assert.True(GoldenCheck.Distance(before, after) > 0, $"{at}: libtorch's did not move.");
            check.Norm("buffer after", at, after, found, BufferBound);
        }
        model.ClearGradients();
    }

    private double Backward(Sequential model, int step)
    {
        Tensor loss = Loss.CrossEntropy(model.Forward(Tensor.From(device, images.Step(step), batch)), IntTensor.From(device, images.LabelsOf(step)));
        loss.Backward();
        return loss.Item();
    }

    /// <summary>The network with libtorch's weights and running moments before a recorded step.</summary>
    private Sequential Model(int step)
    {
        var model = (Sequential)Models.Catalogue().Create(manifest.Network).Build(new Shape(manifest.Images!.Shape), manifest.Images.Classes);
        model.Initialize(device, 1);
        Assert.Equal(manifest.Parameters, model.Parameters().Select(parameter => parameter.Path));
        Assert.Equal(manifest.Buffers ?? [], model.Buffers().Select(buffer => buffer.Path));
        foreach (string unit in manifest.Frozen) model.Modules().Single(module => module.Path == unit).Freeze();
        foreach (BatchNorm norm in model.Modules().OfType<BatchNorm>()) norm.Frozen = frozen;
        foreach (Parameter parameter in model.Parameters()) file.Entry($"step{step}/weight-before/{parameter.Path}").CopyTo(parameter.Value);
        foreach (ModuleBuffer buffer in model.Buffers()) file.Entry($"step{step}/buffer-before/{buffer.Path}").CopyTo(buffer.Value);
        return model;
    }

    private bool IsFrozen(string path) => manifest.Frozen.Contains(path.Split('.')[0]);
}
