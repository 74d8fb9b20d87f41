// The library's own bench, under the name that the kernels' tests use.
global using GpuBench = ResearchFreeze.Autograd.PrimitiveBench;
