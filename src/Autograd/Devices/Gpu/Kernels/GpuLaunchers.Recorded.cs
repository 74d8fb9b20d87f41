using ILGPU;
using ILGPU.Runtime;

// Also forms that no kernel has now: one that is added needs nothing here.
#pragma warning disable IDE0051

namespace ResearchFreeze.Autograd;

// Handing a launcher out, one form for each number of arguments: a step that is being recorded gets one that notes them. The form is chosen by the launcher's type, so that naming a kernel is enough.
internal sealed partial class GpuLaunchers
{
    // The delegate of a static method is made once by the compiler, so naming a kernel at every launch allocates nothing.
    private TLauncher Counted<TLauncher>(ref TLauncher? launcher, Delegate kernel)
        where TLauncher : Delegate
    {
        launcher ??= Compile<TLauncher>(kernel);
        counters.Count(launcher);
        return launcher;
    }

    private TLauncher Counted<TLauncher>(Dictionary<Type, Delegate> launchers, Type op, Delegate kernel)
        where TLauncher : Delegate
    {
        if (!launchers.TryGetValue(op, out Delegate? launcher)) launchers[op] = launcher = Compile<TLauncher>(kernel);
        counters.Count(launcher);
        return (TLauncher)launcher;
    }

    /// <summary>Whether launches are noted now.</summary>
    private bool Records => device.Recorder is { Failure: null };

    private void Note<TArguments>(Delegate launcher, KernelConfig config, TArguments arguments, Action<TArguments> launch) =>
        device.Recorder!.Add(GpuLaunch.Of(counters.NameOf(launcher), kernelOf[launcher], config, arguments, launch), launcher);

    private Action<AcceleratorStream, KernelConfig, T1, T2> Load<T1, T2>(ref Action<AcceleratorStream, KernelConfig, T1, T2>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2> Noted<T1, T2>(Action<AcceleratorStream, KernelConfig, T1, T2> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2> Noting<T1, T2>(Action<AcceleratorStream, KernelConfig, T1, T2> launcher) => (stream, config, a1, a2) =>
    {
        launcher(stream, config, a1, a2);
        Note(launcher, config, (a1, a2), all => launcher(stream, config, all.Item1, all.Item2));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3> Load<T1, T2, T3>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3> Noted<T1, T2, T3>(Action<AcceleratorStream, KernelConfig, T1, T2, T3> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3> Noting<T1, T2, T3>(Action<AcceleratorStream, KernelConfig, T1, T2, T3> launcher) => (stream, config, a1, a2, a3) =>
    {
        launcher(stream, config, a1, a2, a3);
        Note(launcher, config, (a1, a2, a3), all => launcher(stream, config, all.Item1, all.Item2, all.Item3));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> Load<T1, T2, T3, T4>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> Load<T1, T2, T3, T4>(Dictionary<Type, Delegate> launchers, Type op, Delegate kernel) => Noted(Counted<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4>>(launchers, op, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> Noted<T1, T2, T3, T4>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> Noting<T1, T2, T3, T4>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> launcher) => (stream, config, a1, a2, a3, a4) =>
    {
        launcher(stream, config, a1, a2, a3, a4);
        Note(launcher, config, (a1, a2, a3, a4), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> Load<T1, T2, T3, T4, T5>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> Load<T1, T2, T3, T4, T5>(Dictionary<Type, Delegate> launchers, Type op, Delegate kernel) => Noted(Counted<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5>>(launchers, op, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> Noted<T1, T2, T3, T4, T5>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> Noting<T1, T2, T3, T4, T5>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> launcher) => (stream, config, a1, a2, a3, a4, a5) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5);
        Note(launcher, config, (a1, a2, a3, a4, a5), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> Load<T1, T2, T3, T4, T5, T6>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> Load<T1, T2, T3, T4, T5, T6>(Dictionary<Type, Delegate> launchers, Type op, Delegate kernel) => Noted(Counted<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6>>(launchers, op, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> Noted<T1, T2, T3, T4, T5, T6>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> Noting<T1, T2, T3, T4, T5, T6>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> launcher) => (stream, config, a1, a2, a3, a4, a5, a6) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> Load<T1, T2, T3, T4, T5, T6, T7>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> Load<T1, T2, T3, T4, T5, T6, T7>(Dictionary<Type, Delegate> launchers, Type op, Delegate kernel) => Noted(Counted<Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7>>(launchers, op, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> Noted<T1, T2, T3, T4, T5, T6, T7>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> Noting<T1, T2, T3, T4, T5, T6, T7>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> Load<T1, T2, T3, T4, T5, T6, T7, T8>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> Noted<T1, T2, T3, T4, T5, T6, T7, T8>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> Noting<T1, T2, T3, T4, T5, T6, T7, T8>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9, a10), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9, all.Item10));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9, all.Item10, all.Item11));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9, all.Item10, all.Item11, all.Item12));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9, all.Item10, all.Item11, all.Item12, all.Item13));
    };

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(ref Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>? launcher, Delegate kernel) => Noted(Counted(ref launcher, kernel));

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> Noted<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> launcher) => Records ? Noting(launcher) : launcher;

    private Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> Noting<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> launcher) => (stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14) =>
    {
        launcher(stream, config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
        Note(launcher, config, (a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14), all => launcher(stream, config, all.Item1, all.Item2, all.Item3, all.Item4, all.Item5, all.Item6, all.Item7, all.Item8, all.Item9, all.Item10, all.Item11, all.Item12, all.Item13, all.Item14));
    };
}
