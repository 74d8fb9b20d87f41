using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// The student and its teacher. Where a unit is finished, both have the same weights and the teacher's stay. Elsewhere the student starts with weights of its own, drawn as the teacher's were, so that no norm tells them
/// apart; and the teacher's weights turn, W(φ) = cos φ · A + sin φ · B with A and B drawn independently, φ = 2π · turn · step / steps. The head is the teacher's.
/// </summary>
internal sealed class PlantedNetworks : IDisposable
{
    private readonly PlantedSettings settings;
    private readonly Sequential teacher;
    private readonly (TensorRange Now, TensorRange From, TensorRange Towards)[] turning;
    private readonly Sequential from;
    private readonly Sequential towards;

    public PlantedNetworks(Device device, PlantedSettings settings, IReadOnlySet<int> finished, ulong seed)
    {
        this.settings = settings;
        Student = Network(device, "student", seed);
        from = Network(device, "teacher", seed);
        towards = Network(device, "turned teacher", seed);
        teacher = Network(device, "teacher", seed);
        var turned = new List<(TensorRange, TensorRange, TensorRange)>();
        for (int unit = 0; unit <= settings.Units; unit++)
        {
            TensorRange[] now = Weights(teacher[unit]), start = Weights(from[unit]), end = Weights(towards[unit]), student = Weights(Student[unit]);
            bool equals = unit == settings.Units || finished.Contains(unit);
            for (int i = 0; i < now.Length; i++)
            {
                if (equals) device.Copy(start[i], student[i]);
                else turned.Add((now[i], start[i], end[i]));
            }
        }
        turning = [.. turned];
    }

    public Sequential Student { get; }

    /// <summary>Brings the teacher to a step.</summary>
    public void TurnTo(int step)
    {
        double angle = 2 * Math.PI * settings.Turn * step / settings.Steps;
        foreach ((TensorRange now, TensorRange start, TensorRange end) in turning)
        {
            Device device = now.Storage.Device;
            device.AddScaled((float)Math.Cos(angle), start, 0, now);
            device.AddScaled((float)Math.Sin(angle), end, 1, now);
        }
    }

    /// <summary>What the teacher says, without noise.</summary>
    public Tensor Answers(Tensor inputs)
    {
        using GradMode.Restore mode = GradMode.Disable();
        return teacher.Forward(inputs);
    }

    public void Dispose()
    {
        Student.Dispose();
        teacher.Dispose();
        from.Dispose();
        towards.Dispose();
    }

    private static TensorRange[] Weights(Module unit) => [.. unit.Parameters().Select(parameter => parameter.Value.Range)];

    private Sequential Network(Device device, string name, ulong seed)
    {
        var modules = new (string, Module)[settings.Units + 1];
        for (int unit = 0; unit < settings.Units; unit++) modules[unit] = ($"unit{unit + 1}", new PlantedUnit(settings.Inputs, settings.Hidden, settings.Outputs));
        modules[^1] = ("head", new PlantedHead(settings.Inputs, settings.Outputs));
        var network = new Sequential(modules);
        network.Initialize(device, RandomStream.KeyOf(seed, $"planted/{name}"));
        return network;
    }
}
