namespace ResearchFreeze.Autograd;

/// <summary>
/// The proof that an operation lands with. For drawn cases, on every device: the result against the float64 reference; central differences on the reference; other devices' gradients
/// against the reference's analytic ones; the mask matrix; accumulation when the operation is used twice; memory back to where it began.
/// </summary>
/// <param name="name">Named in a failure.</param>
/// <param name="draw">Draws one case: inputs, the operation, and what it declares to keep and to call.</param>
public sealed class OperationSpec(string name, Action<OperationCase> draw)
{
    // Of the largest element: both operands' rounding errors, added up over sums and a few products in a row.
    private const double Roundings = 16;

    /// <summary>The operation's name.</summary>
    public string Name { get; } = name;

    /// <summary>Allowed error of a float32 device relative to max(1, largest magnitude in the tensor).</summary>
    public double Tolerance { get; init; } = 2e-5;

    /// <summary>Verifies an operation on these devices.</summary>
    /// <param name="devices">Devices besides the reference, which is always checked.</param>
    /// <param name="cases">How many cases to draw.</param>
    /// <param name="seed">Named in a failure: the same seed draws the same cases.</param>
    /// <param name="mostMasks">How many sets of wanted gradients a case is checked with, at most; where there are more, which ones is drawn anew for each case.</param>
    /// <returns>The largest error of a gradient on the reference against central differences, |analytic − numeric| / max(1, |numeric|).</returns>
    /// <exception cref="VerificationException">Something is off; the message says what, for which seed and case.</exception>
    public double Verify(IReadOnlyList<Device> devices, int cases, ulong seed, int mostMasks = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(devices);
        using var reference = new ReferenceDevice();
        double largest = 0;
        for (int i = 0; i < cases; i++)
        {
            (OperationCase drawn, string label) = Draw(seed, i);
            (Outcome truth, double error) = CheckReference(label, drawn, reference);
            largest = Math.Max(largest, error);
            InputSet[] masks = Masks(truth, mostMasks, seed, i);
            CheckMasks($"{label} on {reference.Name}", drawn, reference, truth, masks, exact: true);
            foreach (Device device in devices) CheckDevice($"{label} on {device.Name}", drawn, device, truth, masks);
        }
        return largest;
    }

    /// <summary>
    /// Holds further devices to the reference on the cases that <see cref="Verify"/> draws from this seed: all it does but the reference's own central differences and masks, which are half the time and need no second proof.
    /// </summary>
    /// <param name="devices">Other devices than the reference.</param>
    /// <param name="cases">How many cases to draw.</param>
    /// <param name="seed">Named in a failure.</param>
    /// <param name="mostMasks">How many sets of wanted gradients a case is checked with, at most.</param>
    /// <exception cref="VerificationException">Something is off; the message says what, for which seed and case.</exception>
    internal void VerifyDevices(IReadOnlyList<Device> devices, int cases, ulong seed, int mostMasks = int.MaxValue)
    {
        using var reference = new ReferenceDevice();
        for (int i = 0; i < cases; i++)
        {
            (OperationCase drawn, string label) = Draw(seed, i);
            Outcome truth;
            using (var run = new OperationRun(drawn, reference)) truth = run.Result(InputSet.All(run.Parameters.Count));
            InputSet[] masks = Masks(truth, mostMasks, seed, i);
            foreach (Device device in devices) CheckDevice($"{label} on {device.Name}", drawn, device, truth, masks);
        }
    }

    private (OperationCase Drawn, string Label) Draw(ulong seed, int index)
    {
        var drawn = new OperationCase(new RandomStream(seed, $"{Name}/{index}"));
        draw(drawn);
        return (drawn, $"{Name} (seed {seed}, case {index}, shapes {string.Join(" ", drawn.Inputs.Select(input => input.Shape))})");
    }

    private InputSet[] Masks(Outcome truth, int most, ulong seed, int index) => [.. Masks(truth.Gradients.Length, most, new RandomStream(seed, $"{Name}/{index}/masks"))];

    private static (Outcome Truth, double Error) CheckReference(string label, OperationCase drawn, ReferenceDevice reference)
    {
        using var run = new OperationRun(drawn, reference);
        double error = GradCheck.Run(label, run.Apply, run.Parameters);
        return (run.Result(InputSet.All(run.Parameters.Count)), error);
    }

    /// <summary>Every set of wanted gradients but the empty one, or as many as are allowed.</summary>
    private static IEnumerable<InputSet> Masks(int inputs, int most, RandomStream random)
    {
        uint all = InputSet.All(inputs).Bits;
        if (all <= most) return Enumerable.Range(1, (int)all).Select(mask => new InputSet((uint)mask));
        return Enumerable.Range(0, most).Select(_ => new InputSet(1 + (uint)(random.NextDouble() * all)));
    }

    private void CheckDevice(string label, OperationCase drawn, Device device, Outcome truth, InputSet[] masks)
    {
        Outcome full;
        long products = Products();
        using (var run = new OperationRun(drawn, device)) full = run.Result(InputSet.All(run.Parameters.Count));
        // What a product's operands lose by rounding follows from the format; an operation without products is held to what it is held to in float32.
        double allowed = device.Precision == Precision.Float32 || Products() == products ? Tolerance : Math.Max(Tolerance, Roundings * Precisions.RoundingOf(device.Precision));
        Compare($"{label}: result", truth.Output, full.Output, allowed);
        for (int i = 0; i < truth.Gradients.Length; i++) Compare($"{label}: gradient {i}", truth.Gradients[i]!, full.Gradients[i]!, allowed);
        CheckMasks(label, drawn, device, full, masks, device.IsSynchronous);

        long Products() => Primitives.All.Where(description => description.IsProduct).Sum(description => device.Counters.Calls(description.Primitive));
    }

    /// <summary>For each set of wanted gradients: wanted ones equal the full ones, others do not exist, calls and kept memory are as declared, and everything is released.</summary>
    private void CheckMasks(string label, OperationCase drawn, Device device, Outcome full, InputSet[] masks, bool exact)
    {
        int inputs = full.Gradients.Length;
        foreach (InputSet wanted in masks)
        {
            long liveBefore = device.Counters.LiveBytes, savedBefore = device.Counters.SavedBytes;
            using (var run = new OperationRun(drawn, device))
            {
                Outcome outcome = run.Result(wanted);
                for (int i = 0; i < inputs; i++)
                {
                    if (wanted.Contains(i) != outcome.Gradients[i] is not null)
                        throw new VerificationException($"{label}: with {wanted} wanted, gradient {i} {(wanted.Contains(i) ? "is missing" : "exists")}.");
                    if (outcome.Gradients[i] is { } gradient) Compare($"{label}: gradient {i} with only {wanted} wanted", full.Gradients[i]!, gradient, exact ? 0 : Tolerance);
                }
                CheckDeclared(label, drawn, device, wanted, outcome);
                Compare($"{label}: gradients of two uses, {wanted}", full, run.TwoUses(wanted), wanted, exact ? 1e-12 : Tolerance, device);
            }
            if (device.Counters.LiveBytes != liveBefore) throw new VerificationException($"{label}: {device.Counters.LiveBytes - liveBefore} bytes are still alive after {wanted}.");
            if (device.Counters.SavedBytes != savedBefore) throw new VerificationException($"{label}: {device.Counters.SavedBytes - savedBefore} saved bytes were not released after {wanted}.");
        }
    }

    private static void CheckDeclared(string label, OperationCase drawn, Device device, InputSet wanted, Outcome outcome)
    {
        if (drawn.IsComposed) return;
        if (drawn.SavedElements is null || drawn.BackwardCalls is null) throw new VerificationException($"{label}: declare SavedElements and BackwardCalls.");
        long bytes = (drawn.SavedElements(wanted) * device.RealSize) + ((drawn.SavedIntegers?.Invoke(wanted) ?? 0) * sizeof(int));
        if (outcome.SavedBytes != bytes) throw new VerificationException($"{label}: with {wanted} wanted, {outcome.SavedBytes} bytes are kept, {bytes} declared.");
        int calls = drawn.BackwardCalls(wanted);
        if (outcome.BackwardCalls != calls) throw new VerificationException($"{label}: with {wanted} wanted, backward makes {outcome.BackwardCalls} primitive calls, {calls} declared.");
    }

    private static void Compare(string label, Outcome full, double[]?[] twice, InputSet wanted, double tolerance, Device device)
    {
        // Adding a gradient to itself is exact where the accumulation is the kernel's last step; products accumulate inside, so float32 devices may round differently.
        double allowed = device is ReferenceDevice ? tolerance : Math.Max(tolerance, 1e-5);
        for (int i = 0; i < twice.Length; i++)
        {
            if (wanted.Contains(i)) Compare($"{label}: gradient {i}", [.. full.Gradients[i]!.Select(value => 2 * value)], twice[i]!, allowed);
        }
    }

    private static void Compare(string label, double[] expected, double[] found, double tolerance)
    {
        if (expected.Length != found.Length) throw new VerificationException($"{label}: {found.Length} elements, expected {expected.Length}.");
        double scale = Math.Max(1, expected.Length == 0 ? 0 : expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= tolerance * scale;
            if (!same) throw new VerificationException($"{label}: element {i} is {found[i]:R}, expected {expected[i]:R}.");
        }
    }
}
