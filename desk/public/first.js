// Before anything is drawn: theme and letter size, so that nothing flashes. A file of its own because the page allows no inline script.
(function () {
  try {
    var look = JSON.parse(localStorage.getItem('hotline.look') || '{}')
    var dark = look.theme === 'dark' || (look.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.classList.toggle('dark', dark)
    document.documentElement.classList.toggle('large', look.large === true)
    if (look.language === 'en') document.documentElement.lang = 'en'
  } catch {
    // no storage: the defaults are fine
  }
})()
