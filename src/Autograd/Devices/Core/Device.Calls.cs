namespace ResearchFreeze.Autograd;

// Where every call of a primitive begins, whatever the device: its ranges are held against the description's arguments, and its cost follows from them.
public abstract partial class Device
{
    /// <summary>Checks a call's ranges, takes the device for this thread until the result is disposed, raises the version of what is written, and counts the call. Where something is wrong, nothing has been changed.</summary>
    /// <param name="primitive">What is called.</param>
    /// <param name="operands">A range for each of its arguments, in their order.</param>
    /// <param name="beta">What the old content of a result is multiplied with.</param>
    /// <param name="flops">Nominal floating-point operations, where they and not the bytes may be what takes the time.</param>
    /// <exception cref="ArgumentException">A range is another device's, of another kind or length, or outside its storage.</exception>
    /// <exception cref="DeviceInUseException">Another thread's call has not ended.</exception>
    private HeldCall Begin(Primitive primitive, scoped ReadOnlySpan<Operand> operands, float beta = 0, long flops = 0)
    {
        ReadOnlySpan<PrimitiveArgument> arguments = Primitives.Of(primitive).ArgumentSpan;
        long bytes = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            ref readonly Operand operand = ref operands[i];
            PrimitiveArgument argument = arguments[i];
            if (operand.Range.Storage is not { } storage)
            {
                if (!argument.IsOptional) throw new ArgumentException($"{primitive}: {argument.Name} is missing.");
                continue;
            }
            if (storage.Device != this || !argument.Takes(storage.Kind) || operand.Range.Length != operand.Length || !operand.Range.IsInside)
                throw new ArgumentException($"{primitive}: {Wrong(argument, operand)}");
            bytes += argument.Passes(beta) * operand.Touched * SizeOf(storage.Kind);
        }
        HeldCall call = Hold();
        Recorder?.Called(primitive, operands, arguments, flops, bytes);
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Use != ArgumentUse.Read && operands[i].Range.Storage is { } written) written.Version++;
        }
        Counters.Count(primitive, flops, bytes);
        return call;
    }

    /// <summary>Takes the device for this thread until the result is disposed.</summary>
    internal HeldCall Hold()
    {
        Counters.Hold.Enter();
        return new HeldCall(Counters.Hold);
    }

    /// <summary>A range of this kind of element, for a primitive that takes either.</summary>
    private static TensorRange OfKind(Primitive primitive, TensorRange range, ElementKind kind) =>
        range.Storage is null || range.Storage.Kind == kind ? range : throw new ArgumentException($"{primitive}: {Primitives.Of(primitive).Arguments[^1].Name} is of kind {range.Storage.Kind}, expected {kind}.");

    private string Wrong(PrimitiveArgument argument, in Operand operand)
    {
        (TensorRange range, Storage storage) = (operand.Range, operand.Range.Storage);
        if (storage.Device != this) return $"{argument.Name} is {OnOther(storage.Device)}";
        if (!argument.Takes(storage.Kind)) return $"{argument.Name} is of kind {storage.Kind}, expected {argument.Expected}.";
        if (range.Length != operand.Length) return $"{argument.Name} has {range.Length} elements, expected {operand.Length}.";
        return $"{argument.Name} is the range {range.Offset}+{range.Length} outside a storage of {storage.Length} elements.";
    }

    /// <summary>Names another device, also where it has this one's name.</summary>
    internal string OnOther(Device other) =>
        other.Name != Name ? $"on {other.Name}, expected {Name}." : $"on another device that is called {Name} too; tensors meet only on the device they were made on, so make one and give it to all.";
}
